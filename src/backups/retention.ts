import { no, type Verdict, yes } from '../domain/verdict.ts';

/** A snapshot of a source, newest first in every list. */
export interface Kept {
  readonly snapshot: string;
  /** `unverified`: it was not read back, or that failed. `quarantined`: it looks wrong beside those before it. */
  readonly state: 'verified' | 'quarantined' | 'unverified';
}

/** What is to go, and why no more. */
export interface Retention {
  readonly forget: readonly string[];
  readonly verdict: Verdict;
}

/**
 * What of a source is forgotten: what the policy (`forget --keep-…`) would take, but for the newest that was verified,
 * whatever the policy says. While the newest of all is in doubt nothing is: the good ones behind it are all there is.
 */
export function retention(all: readonly Kept[], policyTakes: readonly string[]): Retention {
  const [newest] = all;
  if (newest === undefined) return { forget: [], verdict: yes('there is nothing to forget') };
  if (newest.state !== 'verified')
    return { forget: [], verdict: no(`nothing is forgotten while the newest snapshot is ${newest.state}`) };
  const known = new Set(all.map(({ snapshot }) => snapshot));
  const forget = policyTakes.filter((snapshot) => known.has(snapshot) && snapshot !== newest.snapshot);
  return { forget, verdict: yes(`${all.length - forget.length} of ${all.length} snapshots are kept`) };
}
