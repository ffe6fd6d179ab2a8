/** Many targets at once are in trouble: their cause is elsewhere, and nothing is done until a human says so. */
export interface Storm {
  /** ms since the epoch */
  readonly at: number;
  /** A sentence: how many, of how many, what they share. */
  readonly reason: string;
  /** `r_1f2e#1`: the attempt that found it, and tells a human. */
  readonly by: string;
}

/** The recovery that found it. */
export const finderOf = ({ by }: Pick<Storm, 'by'>): string => by.split('#')[0] ?? '';
