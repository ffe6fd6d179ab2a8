import { formatOfZone } from '../../domain/time-zone.ts';

/** What a clock on the wall of some place shows. */
export interface WallClock {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  /** 1 to 31 */
  readonly day: number;
  /** How many days the month has. */
  readonly daysInMonth: number;
  /** 0 is Sunday, as Alertmanager counts. */
  readonly weekday: number;
  /** Minutes since midnight, by the clock: an hour that summer time skips is not there, one that it repeats is twice. */
  readonly minute: number;
}

/** `at` in ms since the epoch. */
export function wallClock(at: number, timeZone: string): WallClock {
  const parts = Object.fromEntries(
    formatOfZone(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
  return {
    year,
    month,
    day,
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
    minute: hour * 60 + minute,
  };
}
