import { formatOfZone } from '../domain/time-zone.ts';

/** What clocks show in one zone. What they show is written as the ms since the epoch at which a clock of UTC shows it. */
export interface Clocks {
  shown(instantMs: number): number;
  /** When they first show that; where they are put forward over it, the moment at which that is done. */
  firstShowing(shownMs: number): number;
}

const day = 86_400_000;

/** `timeZone`: a name that Intl knows. */
export function clocksOf(timeZone: string): Clocks {
  const format = formatOfZone(timeZone);
  const shown = (instant: number): number => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const ms = ((instant % 1_000) + 1_000) % 1_000;
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'), ms);
  };
  return {
    shown,
    firstShowing(wanted) {
      // By what is between the two a day earlier, and a day later: clocks are not changed twice in so short a time.
      const guesses = [wanted - day, wanted + day].map((near) => wanted - (shown(near) - near));
      const exact = guesses.toSorted((a, b) => a - b).find((instant) => shown(instant) === wanted);
      if (exact !== undefined) return exact;
      let [before, after] = [Math.min(...guesses), Math.max(...guesses)];
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (shown(middle) < wanted) before = middle;
        else after = middle;
      }
      return after;
    },
  };
}
