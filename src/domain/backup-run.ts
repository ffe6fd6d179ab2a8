import type { RecoveryPoint } from './recovery-point.ts';

/** Who asked for a backup: the schedule, somebody, or a recovery before a risky step. */
export type BackupTrigger =
  | { readonly by: 'schedule' }
  /**
   * `anySize`: that it is as large as those before it is not asked for, of those after it either. `takeOver`: also when the
   * newest recovery point is of another Paramedic. `overrides`: kinds of guardrails whose no is not to count for this restore.
   */
  | {
      readonly by: 'hand';
      readonly who: string;
      readonly overrides?: readonly string[];
      readonly anySize?: true;
      readonly takeOver?: true;
    }
  | { readonly by: 'recovery'; readonly recovery: string };

/** A drill brings a recovery point back to a scratch place, to see that it can be; a restore to where it came from. */
export type BackupWork = 'backup' | 'drill' | 'restore';

/** How it ended. Only a backup that is `verified` has made a recovery point; a drill or a restore is `verified` or `failed`. */
export type BackupResult = 'verified' | 'quarantined' | 'failed';

/** What somebody wants of a restore or a drill. */
export interface RestoreWish {
  /** The id of a snapshot; the newest recovery point when absent. */
  readonly snapshot?: string;
  /** Also of one that is no recovery point. */
  readonly unverified?: true;
  /** Without a snapshot of what is there now. */
  readonly losePresent?: true;
}

/** What somebody asks for. */
export interface BackupWanted {
  readonly source: string;
  readonly work: BackupWork;
  /** Of a backup: of whatever size it is. */
  readonly anySize?: true;
  /** Of a backup: also when the newest recovery point is of another Paramedic. */
  readonly takeOver?: true;
  /** Of a drill or a restore. */
  readonly wish?: RestoreWish;
  /** Of a restore: kinds of guardrails whose no is not to count, and why. */
  readonly overrides?: readonly string[];
  readonly reason?: string;
}

/** The record of one backup, drill or restore of one source. Times in ms since the epoch. */
export interface BackupRun {
  /** `b_`, `d_` or `u_` and 16 hex digits. */
  readonly id: string;
  readonly work: BackupWork;
  readonly source: string;
  readonly repository: string;
  readonly trigger: BackupTrigger;
  readonly wish?: RestoreWish;
  /**
   * `waiting`: nobody has begun it. `reading`, `verifying`: the snapshot is made, and read back; a drill reads it, too. `preparing`: the scratch
   * place is made, or what is there is saved. `restoring`, `proving`: it is brought back, and looked at.
   */
  readonly state: 'waiting' | 'reading' | 'verifying' | 'preparing' | 'restoring' | 'proving' | 'ended';
  readonly openedAt: number;
  /** Of a restore that somebody has asked for: when it has not begun by then, it never does. It has once it has its repository, and goes on. */
  readonly beginBy?: number;
  /** Who has begun it last; what those before him still write is refused. */
  readonly runner?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Bytes read from the source, or brought back, until now. */
  readonly bytes: number;
  /** How long each of its states took, ms. */
  readonly stages?: Readonly<Record<string, number>>;
  readonly result?: BackupResult;
  /** A sentence: why it ended so. */
  readonly reason?: string;
  /** The id of the snapshot that it made, also of one that is no recovery point; or that it brought back. */
  readonly snapshot?: string;
  /** Of a restore: the snapshot of what was there before. */
  readonly saved?: string;
  /** The same, each time that it was done again after it had begun to write. */
  readonly savedAgain?: readonly string[];
  /** Of a restore: when it was known last to write to its place; absent: nothing was touched yet. */
  readonly writingAt?: number;
  /** Of a backup: the recovery point that it made. */
  readonly point?: RecoveryPoint;
}
