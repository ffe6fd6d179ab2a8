/** Something of which there may only be so many: acts within a window, or recoveries that act at the same time. */
export interface Limit {
  /** What is counted together: `budget target docker/edge-1/container/web`, `concurrency global`. */
  readonly scope: string;
  readonly max: number;
  /** Acts within this window, ms; absent: recoveries that hold a place until they end. */
  readonly windowMs?: number;
  /**
   * The target whose health refills it: an act is forgotten only when that target has been without an open episode for
   * one whole window since. Absent: an act is forgotten when the window is over.
   */
  readonly quiet?: string;
  /** True: once it is used up it stays so until somebody acknowledges it. */
  readonly latched?: boolean;
}

/** How far a limit is used up, this act not counted. */
export interface Count {
  readonly limit: Limit;
  readonly used: number;
  /** When the oldest act leaves the window, ms since the epoch; absent where time alone frees nothing. */
  readonly freeAt?: number;
  /** Since when it has been used up and waits for an acknowledgement, ms since the epoch. */
  readonly latchedAt?: number;
  /** True: this very call found it used up, and nobody has been told yet. */
  readonly newly?: boolean;
  /** The acts that are counted, `r_1f2e#1.0`, newest first, at most 10; recoveries where there is no window. */
  readonly by: readonly string[];
}

/** A limit that is used up and waits for an acknowledgement. */
export interface Latch {
  readonly scope: string;
  /** ms since the epoch */
  readonly at: number;
  /** The attempt that used it up: `r_1f2e#1`. */
  readonly by: string;
}

export const hasRoom = ({ limit, used, latchedAt }: Count): boolean => latchedAt === undefined && used < limit.max;
