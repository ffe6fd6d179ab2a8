/** One key of our own store. */
export interface OwnKey {
  /** Without the prefix that all of ours have: `recovery:r_1f2e`. */
  readonly name: string;
  /** When Redis throws it away, ms since the epoch; absent: never. */
  readonly expiresAt?: number;
  /** As Redis packs it, for one of the same version or a newer one. */
  readonly packed: Buffer;
}

/** Whether a key is as good as gone, ms since the epoch: so soon before its end it would be there for one count and not the next. */
export const isExpired = ({ expiresAt }: Pick<OwnKey, 'expiresAt'>, now: number): boolean =>
  expiresAt !== undefined && expiresAt < now + 60_000;

/** A Redis of one drill. Its methods reject when it does not answer. */
export interface OwnScratch {
  /** Keys that would have expired by now as well. */
  fill(keys: AsyncIterable<OwnKey>): Promise<void>;
  /** What is there now. */
  names(): Promise<readonly string[]>;
  /** Harmless when it is gone. */
  remove(): Promise<void>;
}

/** What Paramedic itself knows, and what it was told. */
export interface OwnState {
  /** Of this Paramedic: `0.1.0`. */
  readonly version: string;
  /**
   * What its store is called, from its first backup on: `edge-1-3fa9c1d2`. It comes back with the store; one that was lost has
   * another one. Rejects when Redis does not answer.
   */
  identity(): Promise<string>;
  /** Absolute paths of the configuration, of what it was read from besides, and of the credentials that we have made. */
  files(): readonly string[];
  /**
   * All that is remembered, but for what is only about the present: jobs, deliveries that nobody has looked at, places that are
   * held. Sorted by name, a few at a time: those are of one moment, and the whole is not. Rejects when Redis does not answer.
   */
  keys(signal: AbortSignal): AsyncIterable<OwnKey>;
  /** An empty Redis that nobody else reaches, in a folder; undefined: this machine has no redis-server. */
  scratch(folder: string, signal: AbortSignal): Promise<OwnScratch | undefined>;
}
