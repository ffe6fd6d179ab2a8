import type { Outcome } from '../domain/recovery.ts';

/** How often, a minute apart, the bell rings for what was left half done when its other rings are spent. */
export const slowRings = 60;

/** One ring of a recovery's bell. */
export interface Ring {
  readonly recovery: string;
  readonly attempt: number;
  /** The job's attemptsMade: the failures it has behind it. */
  readonly made: number;
  /** True: nobody rings again for this attempt by himself, so it has to end now, unless something is left half done. */
  readonly lastTry: boolean;
  /** How many of the slow rings are left for what is half done; absent: none, it ends whatever it leaves. */
  readonly slowLeft?: number;
}

/** `refused`: a retry by hand that may not be. `nothing`: the bell had nothing to tell. */
export type Recovered = { readonly outcome: Outcome } | { readonly refused: string } | { readonly nothing: string };
