import type { KnownGood } from '../../domain/known-good.ts';

/**
 * At most so many known-goods (3 or more), newest first by `seenAt`. Those with the least time in health go, but never the
 * newest, the newest that is proven (healthy for longer than `blameMs`, and not demoted), or the longest.
 */
export function worthKeeping(all: readonly KnownGood[], most: number, blameMs: number): readonly KnownGood[] {
  const newestFirst = all.toSorted((one, other) => other.seenAt - one.seenAt);
  const longestFirst = all.toSorted((one, other) => other.healthMs - one.healthMs);
  const proven = newestFirst.find(({ healthMs, demotedAt }) => healthMs > blameMs && demotedAt === undefined);
  const wanted = [newestFirst[0], proven, ...longestFirst].flatMap((one) => (one === undefined ? [] : [one.id]));
  const ids = new Set([...new Set(wanted)].slice(0, most));
  return newestFirst.filter(({ id }) => ids.has(id));
}
