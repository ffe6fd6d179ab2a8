import type { BackupRun } from './backup-run.ts';
import type { RecoveryPoint } from './recovery-point.ts';

/** A source of backups as an action finds it. */
export interface SourceNow {
  /** What is backed up, for people: "database orders of docker/edge-1/container/db". */
  readonly title: string;
  /** The name of the repository it goes to. */
  readonly repository: string;
  /** The keys of the objects that its parameters name: what it is read from, and written back to. */
  readonly objects: readonly string[];
  /** How long one backup of it may take, ms. */
  readonly timeoutMs: number;
  /** False: what was backed up is for people to read, and can not be written back. */
  readonly restorable: boolean;
  /**
   * Its recovery points of ours that are in the repository now, newest first, those ahead of the clock last: the newest 10, and
   * the newest from before the asked time where none of those is.
   */
  readonly points: readonly RecoveryPoint[];
  /** Why none of those that are there is taken, a sentence; absent: there is none at all, or there are some in `points`. */
  readonly none?: string;
  /** Those that were passed over, for what is written beside them can not be read: a sentence each. */
  readonly damaged?: readonly string[];
  /** Why the repository could not be asked, a sentence; no point is known then. */
  readonly unread?: string;
  /** Why what is brought back would be refused as things are now, a sentence; absent too where that was not asked for. */
  readonly unfit?: string;
  /** Somebody has it to himself, and will be done with it: it is to be asked again. */
  readonly busy?: true;
}

/** How many of the newest recovery points of a source an action is told of. */
export const mostPoints = 10;

/** Backups as actions ask for them. What rejects with anything but an ActionError does so because the store does not answer. */
export interface BackupsClient {
  /**
   * As it is now; undefined: the configuration has no source of that name. Asks the repository, for 30 s at most, and for a
   * restore for as long whether its place would take it. `before`: one from before that is looked for, ms since the epoch.
   */
  source(name: string, work: 'backup' | 'restore', before?: number): Promise<SourceNow | undefined>;
  /**
   * Begins it under that id, once: one that is known is left as it is. `running`: what has to end before it can be begun.
   * Throws ActionError `not-found` when the configuration has no such source.
   */
  begin(
    source: string,
    wanted: Pick<BackupRun, 'id' | 'work' | 'trigger' | 'wish'>,
  ): Promise<{ readonly running?: string }>;
  run(id: string): Promise<BackupRun | undefined>;
  /** Its last backup that has made a recovery point, none that is ahead of the clock; undefined: none is remembered. */
  lastVerified(source: string): Promise<BackupRun | undefined>;
}
