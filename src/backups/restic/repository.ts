import type { Readable } from 'node:stream';
import type { Produced, RepositoryPlace, Snapshot } from '../../domain/backup.ts';
import type { Keep } from '../../domain/backup-source.ts';
import type { DataPart } from '../../domain/repository-care.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Backed, BackupOptions } from './backup-outcome.ts';
import { backupPaths } from './backup-paths.ts';
import { backupStream } from './backup-stream.ts';
import { type Checked, checkRepository } from './check-repository.ts';
import { copySnapshots } from './copy-snapshots.ts';
import { forgetSnapshots } from './forget-snapshots.ts';
import { policyTakes } from './policy-takes.ts';
import { readSnapshot } from './read-snapshot.ts';
import { initRepository, repositoryId } from './repository-config.ts';
import { listLocks, removeLocks, type RepositoryLock } from './repository-locks.ts';
import { type Bounds, createRestic, type Restic } from './restic.ts';
import type { ResticOptions } from './restic-environment.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import { listSnapshots, type SnapshotFilter } from './snapshots.ts';

/** What ends a call before it has ended by itself. Every call has a time of its own. */
export interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/**
 * A repository of restic. What it cannot do it throws as ResticError, an ActionError that says why; UserError when restic is
 * missing, too old, or was asked for something that makes no sense. A backup that comes to nothing is no error but an answer.
 * Snapshots are named by their full ids.
 */
export interface Repository {
  readonly place: RepositoryPlace;
  /** For its whole life. */
  id(call?: Call): Promise<string>;
  /** Answers the new id; fails where there is one. Whoever calls it has to be alone. */
  init(call?: Call & { readonly like?: RepositoryPlace }): Promise<string>;
  snapshots(filter?: SnapshotFilter & Call): Promise<Snapshot[]>;
  backup(produced: Produced, options: BackupOptions): Promise<Backed>;
  backupPaths(paths: readonly string[], options: BackupOptions): Promise<Backed>;
  /** The file of that name in a snapshot. What breaks off is an error of the stream. */
  read(snapshotId: string, file: string, call?: ReadCall): Promise<Readable>;
  /** A directory of a snapshot, `/` for all of it, as tar. */
  readTree(snapshotId: string, path: string, call?: ReadCall): Promise<Readable>;
  restore(snapshotId: string, intoDir: string, call?: Call & { readonly include?: string }): Promise<void>;
  /** Which of those with this host and tag `forget --keep-…` would take. */
  policyTakes(of: { readonly host: string; readonly tag: string }, keep: Keep, call?: Call): Promise<string[]>;
  /** Answers which of them were there. */
  forget(ids: readonly string[], call?: Call): Promise<string[]>;
  /** Removes what no snapshot needs. */
  prune(call?: Call): Promise<void>;
  check(call?: Call & { readonly readData?: DataPart }): Promise<Checked>;
  locks(call?: Call): Promise<RepositoryLock[]>;
  /** All of them, and only if these are all. */
  removeLocks(dead: readonly string[], call?: Call): Promise<Verdict>;
  /** Answers what each is called there. */
  copyTo(other: RepositoryPlace, ids: readonly string[], call?: Call): Promise<ReadonlyMap<string, string>>;
}

export interface ReadCall extends Call {
  /** How long nothing may come while somebody reads; 10 minutes when absent. */
  readonly idleMs?: number;
}

const minute = 60_000;
const short = 2 * minute;
const hour = 60 * minute;
const idle = 10 * minute;

const within = (timeoutMs: number, call: Call | undefined): Bounds => ({
  timeoutMs: call?.timeoutMs ?? timeoutMs,
  signal: call?.signal,
});

/** Throws UserError when its password is none. restic is not looked for before it is needed. */
export function createRepository(place: RepositoryPlace, options: ResticOptions): Repository {
  const restic: Restic = createRestic(place, options);
  const read = (id: string, path: string, call?: ReadCall): Promise<Readable> =>
    readSnapshot(restic, id, path, { ...within(24 * hour, call), idleMs: call?.idleMs ?? idle });
  return {
    place,
    id: (call) => repositoryId(restic, within(short, call)),
    init: (call) => initRepository(restic, within(short, call), call?.like),
    snapshots: async (filter) =>
      (await listSnapshots(restic, filter ?? {}, within(short, filter))).map(({ id, at, host, tags, paths }) => ({
        id,
        at,
        host,
        tags,
        paths,
      })),
    backup: (produced, backup) => backupStream(restic, produced, backup),
    backupPaths: (paths, backup) => backupPaths(restic, paths, backup),
    read: (id, file, call) => read(id, file.startsWith('/') ? file : `/${file}`, call),
    readTree: read,
    restore: (id, intoDir, call) => restoreSnapshot(restic, id, intoDir, within(24 * hour, call), call?.include),
    policyTakes: (of, keep, call) => policyTakes(restic, of, keep, within(short, call)),
    forget: (ids, call) => forgetSnapshots(restic, ids, within(hour, call)),
    async prune(call) {
      await restic.run('prune', ['prune'], within(24 * hour, call));
    },
    check: (call) => checkRepository(restic, within(24 * hour, call), call?.readData),
    locks: (call) => listLocks(restic, within(short, call)),
    removeLocks: (dead, call) => removeLocks(restic, dead, within(short, call)),
    copyTo: (other, ids, call) => copySnapshots(restic, createRestic(other, options), ids, within(24 * hour, call)),
  };
}
