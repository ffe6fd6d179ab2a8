/** What is done to a repository by itself: is it whole, what is no longer needed goes, a second one gets what is in it. */
export const careWorks = ['check', 'prune', 'copy'] as const;
export type CareWork = (typeof careWorks)[number];

/** A part of all the data of a repository: 1 of 10, 2 of 10, … are together all of it. */
export interface DataPart {
  readonly part: number;
  readonly of: number;
}

/** What is remembered of one work on one repository. Times in ms since the epoch. */
export interface Care {
  readonly repository: string;
  readonly work: CareWork;
  /** How often this was written: whoever writes has read the one before it. */
  readonly version: number;
  /** When its schedule was looked at for the first time. */
  readonly since: number;
  /** The one that goes on, or the last one. */
  readonly run?: CareRun;
  /** When the last one that ended well did. */
  readonly goodAt?: number;
  /** What a check has found, until one that looks at the same finds nothing any more. */
  readonly damage?: { readonly at: number; readonly reason: string; readonly part?: DataPart };
  /** The part of the data that was read last, and found whole. */
  readonly read?: DataPart;
}

export interface CareRun {
  /** `check_main_` and 16 hex digits. */
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'ended';
  readonly openedAt: number;
  /** Who has begun it last; what those before him still write is refused. */
  readonly runner?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** `damaged`: it was looked, and something is broken. `failed`: it could not be done. */
  readonly result?: 'done' | 'damaged' | 'failed';
  /** A sentence: why it ended so. */
  readonly reason?: string;
}
