import type { Readable } from 'node:stream';
import type { Schedule } from './schedule.ts';
import type { Verdict } from './verdict.ts';

/** A place that backups are kept in: a repository of restic. */
export interface RepositoryPlace {
  readonly name: string;
  /** As restic has it: `/srv/backups`, `rest:https://…`, `s3:https://…/bucket`. */
  readonly location: string;
  readonly password: { reveal(): string };
  /** What restic is given as environment besides: the credentials of the place (`AWS_ACCESS_KEY_ID` …). */
  readonly env: Readonly<Record<string, { reveal(): string }>>;
}

/** One that the configuration names, and what is done to it by itself; what is absent is not done. */
export interface BackupRepository extends RepositoryPlace {
  /** Whether it is whole. `parts`: each time one of so many of its data is read, the next one in turn; 0: none is. */
  readonly check?: { readonly schedule: Schedule; readonly parts: number };
  /** What no snapshot needs any more is removed. */
  readonly prune?: { readonly schedule: Schedule };
  /** Its recovery points are brought to the repository of that name. */
  readonly copy?: { readonly schedule: Schedule; readonly to: string };
}

/** A snapshot as restic tells it. */
export interface Snapshot {
  /** 64 hex digits. */
  readonly id: string;
  /** When it was begun, ms since the epoch. */
  readonly at: number;
  /** The source it is of. */
  readonly host: string;
  readonly tags: readonly string[];
  /** What is in it: absolute paths of the repository's own tree. */
  readonly paths: readonly string[];
}

/** What was read from a source on its way into a snapshot. */
export interface Measured {
  readonly bytes: number;
  /** Of what was read, in hex. Absent: it was no stream. */
  readonly sha256?: string;
}

/** A stream that is backed up, and what says that it is whole: its end alone does not. */
export interface Produced {
  /** What the file is called in the snapshot: `orders.sql`. */
  readonly file: string;
  readonly stream: Readable;
  /** What whoever relies on it should know, though it is whole: a sentence each. */
  readonly notes?: readonly string[];
  /** Once all of it was read: whether the one who made it ended well, and said all there is. It never rejects. */
  whole(measured: Measured, tail: Buffer): Promise<Verdict>;
  /** Ends whoever makes it; harmless after it has ended. */
  stop(): void;
}
