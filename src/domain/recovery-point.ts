/** What a snapshot holds, as it was counted when it was read back. */
export interface Shape {
  readonly bytes: number;
  /** By what it is made of: `{tables: 12, rows: 50312}`, `{files: 120, directories: 9}`. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * A snapshot whose content was read back and checked. It is written into the repository beside the snapshot, so that an
 * empty machine with the repository and its password has all it needs.
 */
export interface RecoveryPoint {
  readonly source: string;
  /** The kind of source: `postgres`. */
  readonly kind: string;
  /** Its parameters as the configuration had them. They hold no secret. */
  readonly params: unknown;
  /** The id of the snapshot, 64 hex digits. */
  readonly snapshot: string;
  /** When its reading was begun, ms since the epoch: what was written later is not in it. */
  readonly at: number;
  /** ms since the epoch */
  readonly verifiedAt: number;
  /** Of the file in it, in hex; absent: it holds a tree of files. */
  readonly sha256?: string;
  readonly file?: string;
  readonly shape: Shape;
  /** What the store of the Paramedic that made it is called; absent: it was made before stores were called anything. */
  readonly identity?: string;
  /** Somebody said that its size is right, whatever those before it were. */
  readonly anySize?: true;
}
