import { no, type Verdict, yes } from '../domain/verdict.ts';

/** What a source held at one time. */
export interface DataSnapshot {
  readonly snapshot: string;
  /** ms since the epoch */
  readonly at: number;
  /** The id of what was written beside it when it was found good; absent: it is no recovery point. */
  readonly point?: string;
}

/** What is to go, and why no more. */
export interface Retention {
  readonly forget: readonly string[];
  readonly verdict: Verdict;
}

/** So long somebody may look at what is no recovery point, ms. */
const doubtfulMs = 7 * 86_400_000;

/**
 * What of a source is forgotten: recovery points that the policy takes, but for the newest, whatever the policy says, with
 * what is written beside them. The policy counts recovery points only: by their times alone a broken snapshot of an hour
 * would take the place of the good one of the same hour. While the newest of all is in doubt nothing goes: what is behind it
 * is all there is. `all`: newest first, those ahead of the clock last. `policyTakes`: ids of what is written beside them.
 */
export function retention(all: readonly DataSnapshot[], policyTakes: readonly string[], now: number): Retention {
  const [newest] = all;
  if (newest === undefined) return { forget: [], verdict: yes('there is nothing to forget') };
  if (newest.point === undefined)
    return { forget: [], verdict: no('nothing is forgotten while the newest snapshot is no recovery point') };
  const taken = new Set(policyTakes);
  const forget = all.slice(1).flatMap(({ snapshot, at, point }) => {
    if (point === undefined) return now - at > doubtfulMs ? [snapshot] : [];
    return taken.has(point) ? [snapshot, point] : [];
  });
  const gone = new Set(forget);
  const left = all.filter(({ snapshot }) => !gone.has(snapshot)).length;
  return { forget, verdict: yes(`${left} of ${all.length} snapshots are kept`) };
}
