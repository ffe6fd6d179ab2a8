import { ourManager } from '../../domain/our-writes.ts';
import type { KnownGood, Remembered } from '../../domain/known-good.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { clockTime } from './clock-time.ts';
import { isAllComparable, type Moment, unlike } from './unlike.ts';

/** The known-good that is there now, if one is. */
export const presentOf = (remembered: Remembered, moment: Moment): KnownGood | undefined =>
  remembered.knownGoods.find((one) => isAllComparable(remembered, one) && unlike(remembered, one, moment).length === 0);

/**
 * The known-good to compare with, and to go back to, when something ails a target; `moment.blameMs`: how long a change is a
 * suspect. Proven is what was in health for that long and did not fail: the newest proven one is the best; else, among
 * those that did not fail, the one that was in health for longest; of those that failed one only when there is no other.
 * A no: it was never seen healthy, or what is there now is a known-good and no suspect: nothing changed.
 */
export function bestOf(remembered: Remembered, moment: Moment): KnownGood | Verdict {
  const { knownGoods } = remembered;
  const present = presentOf(remembered, moment);
  const comparable = knownGoods.filter((one) => isAllComparable(remembered, one));
  // What can only be compared in part is for when there is nothing else.
  const others = (comparable.length > 0 ? comparable : knownGoods).filter((one) => one !== present);
  if (present === undefined)
    return (
      bestAmong(others, moment) ??
      no('it was never seen healthy for long enough since Paramedic watches it: there is nothing to go back to')
    );
  const unchanged = no(`nothing changed since ${clockTime(present.seenAt, moment.now)}, when it was seen healthy last`);
  if (!isSuspect(remembered, present, others, moment)) return unchanged;
  // One that failed as well is no better than the present one, unless it was in health for longer.
  const better = others.filter((one) => one.demotedAt === undefined || one.healthMs > present.healthMs);
  return bestAmong(better, moment) ?? unchanged;
}

/** Whether what is there may be the trouble, though it was stamped. */
function isSuspect(remembered: Remembered, present: KnownGood, others: readonly KnownGood[], moment: Moment): boolean {
  if (present.demotedAt !== undefined || present.stampedAt > moment.now - moment.blameMs) return true;
  // An old one was put back by somebody, and was not well since: another one was, and for no shorter time.
  const longEnough = Math.min(present.healthMs, moment.blameMs);
  return others.some(
    (one) =>
      one.demotedAt === undefined &&
      one.seenAt > present.seenAt &&
      one.healthMs >= longEnough &&
      !unlike(remembered, one, moment).every(({ is }) => is?.by === ourManager),
  );
}

/** The best of them, whatever is there now; undefined: there is none. */
export function bestAmong(all: readonly KnownGood[], { blameMs }: Pick<Moment, 'blameMs'>): KnownGood | undefined {
  const kept = all.filter(({ demotedAt }) => demotedAt === undefined);
  const proven = kept.filter(({ healthMs }) => healthMs >= blameMs);
  // The list is newest first, and sorting keeps that among equals.
  return proven[0] ?? longest(kept) ?? longest(all);
}

const longest = (all: readonly KnownGood[]): KnownGood | undefined =>
  all.toSorted((a, b) => b.healthMs - a.healthMs)[0];
