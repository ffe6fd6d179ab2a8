import { z } from 'zod';
import { formatDuration } from '../../domain/duration.ts';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';
import { contains, timeInterval } from './interval.ts';

const minute = 60_000;
const quarter = 15 * minute;
/** How far ahead it is looked for the moment that lets it, ms. */
const aheadMs = 8 * 24 * 60 * minute;

const params = z
  .strictObject({ active: z.array(timeInterval).min(1).optional(), mute: z.array(timeInterval).min(1).optional() })
  .prefault({});
type Params = z.output<typeof params>;

/** Why nothing may be done at that moment, a sentence; undefined: it may. */
function closedAt({ active, mute }: Params, at: number): string | undefined {
  if (mute?.some((interval) => contains(interval, at))) return 'it is inside of a time interval that is muted';
  return active === undefined || active.some((interval) => contains(interval, at))
    ? undefined
    : 'it is outside of its active time intervals';
}

/** Maintenance and business hours, in Alertmanager's own words for intervals, by the clocks of a place. */
export const timeWindow = defineGuardrail<Params>({
  kind: 'time_window',
  params,
  async check({ params: given, now }) {
    const closed = closedAt(given, now);
    if (closed === undefined)
      return yes((given.active ?? given.mute) ? 'it is inside of its hours' : 'it may be done at any hour');
    const next = nextOpening(given, now);
    if (next === undefined) return no(`${closed}, and stays so for a week and longer`);
    const opens = `${new Date(next).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const wait = formatDuration(Math.ceil((next - now) / minute) * minute);
    return no(`${closed}: released in ${wait}, at ${opens}`, next - now);
  },
});

/**
 * The first minute that lets it, ms since the epoch. Looked for by quarters of an hour, which is when almost every
 * interval begins, and then by minutes: a shorter opening may be passed over.
 */
function nextOpening(given: Params, now: number): number | undefined {
  const isOpen = (at: number): boolean => closedAt(given, at) === undefined;
  for (let at = now - (now % quarter) + quarter; at < now + aheadMs; at += quarter) {
    if (!isOpen(at)) continue;
    let first = at;
    while (first - minute > now && isOpen(first - minute)) first -= minute;
    return first;
  }
  return undefined;
}
