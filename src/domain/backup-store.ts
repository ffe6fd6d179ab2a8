import type { BackupRun, BackupWork } from './backup-run.ts';
import type { RecoveryPoint } from './recovery-point.ts';
import type { Care, CareWork } from './repository-care.ts';
import type { SeenTo } from './schedule.ts';

/** Of a repository: `shared` is for what may go on beside its like (backups, reads), `exclusive` for all else. */
export type Lane = 'shared' | 'exclusive';

/** How a run ended. `stages`: how long each of them took, ms. */
export type Ended = Pick<BackupRun, 'id' | 'result' | 'reason' | 'endedAt' | 'stages'>;

/** Drills are those of the newest recovery point: one of a point that somebody has named does not count. */
export interface Standing {
  readonly last: Readonly<Partial<Record<BackupWork, Ended>>>;
  /** The last drill that was well. */
  readonly drilled?: Ended;
  /** Since when it has had a schedule of drills, whichever, ms since the epoch. */
  readonly drillsSince?: number;
  /** The newest recovery point in each repository that it went to. */
  readonly points: ReadonlyMap<string, RecoveryPoint>;
  /** The ids of those that go on: of a backup or a restore, and of a drill. */
  readonly running: readonly string[];
}

/** That what a schedule named up to a moment is seen to. It is taken once, by who knows how it was before. */
export interface Turn extends SeenTo {
  /** Whose schedule, for what, and which: `backup orders-db 30 2 * * *`. */
  readonly of: string;
  /** Up to when it was seen to before; undefined: never. */
  readonly was: SeenTo | undefined;
}

/** What is remembered of backups. What is restorable is in the repositories themselves. */
export interface BackupStore {
  /**
   * Makes the record; or answers the run that has not ended and that it may not go on beside: of one source one backup or
   * restore goes on at a time, and one drill. With a turn it is taken in the same step: neither is there without the other.
   * `late`: somebody else has taken it.
   */
  open(
    run: BackupRun,
    turn?: Turn,
  ): Promise<{ readonly opened: true } | { readonly running: string } | { readonly late: true }>;
  /**
   * Writes what has changed. False: it had ended already, and an end is never written over; or somebody else than `runner`
   * has begun it since. `runner` in the change begins it.
   */
  update(
    id: string,
    change: Partial<Omit<BackupRun, 'id' | 'work' | 'source' | 'repository' | 'openedAt'>>,
    runner?: string,
  ): Promise<boolean>;
  /** Ends a run for who looks after it, who finds it ended. False: it had ended already, or has begun to write to its place. */
  endUntouched(id: string, how: Required<Pick<BackupRun, 'result' | 'reason' | 'endedAt'>>): Promise<boolean>;
  run(id: string): Promise<BackupRun | undefined>;
  /** Newest first; of that source, or of all; of that work, or of any. */
  runs(wanted: {
    readonly source?: string;
    readonly work?: BackupWork;
    readonly limit: number;
  }): Promise<readonly BackupRun[]>;
  /** How things stand with a source, also when its records are forgotten. */
  standing(source: string): Promise<Standing>;
  /**
   * In the place of the newest recovery point of a source in a repository, which is gone from there: another one, or none.
   * False: another one is remembered by now.
   */
  replacePoint(source: string, repository: string, gone: string, point: RecoveryPoint | undefined): Promise<boolean>;
  /** That there are drills of a source on schedule, since then at the latest, ms since the epoch; undefined: there are none. */
  noteDrillsSince(source: string, at: number | undefined): Promise<void>;
  /** Those that have not ended. */
  openRuns(): Promise<readonly BackupRun[]>;
  /**
   * Up to when a schedule is seen to; undefined: it never was within 400 days. `zones`: those in which an earlier version may
   * have remembered it, which is gone on with.
   */
  turn(of: string, zones: readonly string[]): Promise<SeenTo | undefined>;
  /** Takes it without a run. False: somebody else has. */
  takeTurn(turn: Turn): Promise<boolean>;
  care(repository: string, work: CareWork): Promise<Care | undefined>;
  /** Takes the place of the version before it, and takes the turn with it. False: somebody else has written, or taken it. */
  writeCare(care: Care, turn?: Turn): Promise<boolean>;
  /**
   * The id of a repository as it was when it was first used; undefined: it never was. Once it is there, a repository that
   * is missing is a failure, and is never made again.
   */
  repositoryId(repository: string): Promise<string | undefined>;
  /** Remembers it, unless one is remembered: answers the one that is. */
  rememberRepository(repository: string, id: string): Promise<string>;
  /**
   * Takes a lane for that long, or again for as long when `holder` has it. No: who has it. Whoever waits for the exclusive
   * one keeps further ones out of the shared one, for as long as it goes on asking (10 s).
   */
  takeLane(
    repository: string,
    lane: Lane,
    holder: string,
    forMs: number,
  ): Promise<{ readonly taken: true } | { readonly heldBy: readonly string[] }>;
  leaveLane(repository: string, lane: Lane, holder: string): Promise<void>;
}
