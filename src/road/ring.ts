import type { Outcome } from '../domain/recovery.ts';

/** One ring of a recovery's bell. */
export interface Ring {
  readonly recovery: string;
  readonly attempt: number;
  /** The job's attemptsMade: the failures it has behind it. */
  readonly made: number;
  /** True: nobody rings again for this attempt by himself, so it has to end now. */
  readonly lastTry: boolean;
}

/** `refused`: a retry by hand that may not be. `nothing`: the bell had nothing to tell. */
export type Recovered = { readonly outcome: Outcome } | { readonly refused: string } | { readonly nothing: string };
