import { z } from 'zod';
import { isTimeZone } from '../../domain/time-zone.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** Both ends belong to it. */
interface Range {
  readonly from: number;
  readonly to: number;
}

interface Words {
  readonly what: string;
  /** A name in lower case, or digits, to its number; undefined: there is no such thing. */
  readonly number: (text: string) => number | undefined;
}

const digits = (text: string, from: number, to: number): number | undefined =>
  /^-?\d{1,4}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : undefined;
const indexIn = (names: readonly string[], text: string, first: number): number | undefined =>
  names.includes(text) ? names.indexOf(text) + first : undefined;

/** `monday:friday`, `sunday` */
const ranges = ({ what, number }: Words) =>
  z.array(
    z.union([z.string(), z.number()]).transform((read, context): Range => {
      const [first = '', last = first, more] = String(read)
        .toLowerCase()
        .split(':')
        .map((part) => part.trim());
      const [from, to] = [number(first), number(last)];
      // From the end of the month to its begin runs backwards; from the 1st to the last (1:-1) does not.
      const backwards = from !== undefined && to !== undefined && from > to && from < 0 === to < 0;
      if (from !== undefined && to !== undefined && more === undefined && !backwards) return { from, to };
      context.addIssue({ code: 'custom', message: `${JSON.stringify(read)} is no ${what}` });
      return z.NEVER;
    }),
  );

const clock = z.string().transform((text, context): number => {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
  const at = Number(hours) * 60 + Number(minutes);
  if (hours !== undefined && Number(minutes) < 60 && at <= 24 * 60) return at;
  context.addIssue({
    code: 'custom',
    message: `expected a time of day from '00:00' to '24:00', got ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});

const times = z.strictObject({ start_time: clock, end_time: clock }).check(
  z.superRefine<{ start_time: number; end_time: number }>(({ start_time: start, end_time: end }, context) => {
    if (start >= end)
      context.addIssue('it ends before it begins: a night is two intervals, one until 24:00 and one from 00:00');
  }),
);

/** An interval as Alertmanager's `time_intervals` have it. What is not given does not narrow it. */
export const timeInterval = z.strictObject({
  times: z.array(times).optional(),
  weekdays: ranges({
    what: 'weekday or range of them such as monday:friday',
    number: (text) => indexIn(days, text, 0),
  }).optional(),
  days_of_month: ranges({
    what: 'day of the month or range of them such as 1:5 or -3:-1',
    number: (text) => digits(text, 1, 31) ?? digits(text, -31, -1),
  }).optional(),
  months: ranges({
    what: 'month or range of them such as january:march or 1:3',
    number: (text) => indexIn(months, text, 1) ?? digits(text, 1, 12),
  }).optional(),
  years: ranges({
    what: 'year or range of them such as 2026:2027',
    number: (text) => digits(text, 1970, 9999),
  }).optional(),
  location: z.string().refine(isTimeZone, { error: 'is no time zone such as Europe/Berlin or UTC' }).default('UTC'),
});
export type TimeInterval = z.output<typeof timeInterval>;

const within = (ranged: readonly Range[] | undefined, value: number): boolean =>
  ranged === undefined || ranged.some(({ from, to }) => value >= from && value <= to);

/** Days are counted from the end of the month when they are below 0; a month that has no such day has none. */
function onDay(ranged: readonly Range[] | undefined, { day, daysInMonth }: WallClock): boolean {
  const from1 = (number: number): number => (number < 0 ? daysInMonth + 1 + number : number);
  return ranged === undefined || ranged.some(({ from, to }) => day >= from1(from) && day <= from1(to));
}

/** Whether the moment, ms since the epoch, lies in it, by the clocks of its location. The end is not in it. */
export function contains(interval: TimeInterval, at: number): boolean {
  const clocks = wallClock(at, interval.location);
  const { times: hours } = interval;
  return (
    within(interval.years, clocks.year) &&
    within(interval.months, clocks.month) &&
    onDay(interval.days_of_month, clocks) &&
    within(interval.weekdays, clocks.weekday) &&
    (hours === undefined ||
      hours.some(({ start_time, end_time }) => clocks.minute >= start_time && clocks.minute < end_time))
  );
}
