import type { RecoveryPoint } from './recovery-point.ts';

/** Who asked for a backup: the schedule, somebody, or a recovery before a risky step. */
export type BackupTrigger =
  | { readonly by: 'schedule' }
  /** `anySize`: that it is as large as those before it is not asked for, of those after it either. */
  | { readonly by: 'hand'; readonly who: string; readonly anySize?: true }
  | { readonly by: 'recovery'; readonly recovery: string };

/** How a backup ended. Only `verified` has made a recovery point. */
export type BackupResult = 'verified' | 'quarantined' | 'failed';

/** The record of one backup of one source. Times in ms since the epoch. */
export interface BackupRun {
  /** `b_` and 16 hex digits. */
  readonly id: string;
  readonly source: string;
  readonly repository: string;
  readonly trigger: BackupTrigger;
  /** `waiting`: nobody has begun it. `verifying`: the snapshot is made, and read back. */
  readonly state: 'waiting' | 'reading' | 'verifying' | 'ended';
  readonly openedAt: number;
  /** Who has begun it last; what those before him still write is refused. */
  readonly runner?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Bytes read from the source until now. */
  readonly bytes: number;
  readonly result?: BackupResult;
  /** A sentence: why it ended so. */
  readonly reason?: string;
  /** The id of the snapshot that it made, also of one that is no recovery point. */
  readonly snapshot?: string;
  readonly point?: RecoveryPoint;
}
