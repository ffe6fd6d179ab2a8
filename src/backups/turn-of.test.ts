import { describe, expect, test } from 'vitest';
import type { Schedule, SeenTo } from '../domain/schedule.ts';
import { clocksOf } from './clocks-of.ts';
import { dueNow } from './due.ts';
import { untilIn } from './turn-of.ts';

const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);
const schedule = (cron: string, timeZone: string): Schedule => ({ cron, timeZone, jitterMs: 0 });

/** When something is begun whose zone is another one from a moment on, and that nobody looks at in the hours before that. */
function begun(
  cron: string,
  [before, after]: readonly [string, string],
  changed: number,
  downMs: number,
  stepMs = hour / 2,
): string[] {
  const found: string[] = [];
  let was: SeenTo | undefined;
  for (let now = at('2026-07-01T12:00Z'); now < at('2026-07-05T12:00Z'); now += stepMs) {
    if (now < changed && now >= changed - downMs) continue;
    const of = schedule(cron, now < changed ? before : after);
    const { due, until } = dueNow(of, 'orders', was && untilIn(of, was), now);
    if (due) found.push(new Date(now).toISOString().slice(0, 16));
    if (until !== undefined) was = { until, timeZone: of.timeZone };
  }
  return found;
}

describe('a schedule whose zone is changed', () => {
  const zones: [string, string][] = [
    ['Europe/Berlin', 'UTC'],
    ['UTC', 'Europe/Berlin'],
    ['America/New_York', 'UTC'],
    ['Pacific/Auckland', 'America/Los_Angeles'],
    ['America/Los_Angeles', 'Asia/Kolkata'],
  ];
  test.each(zones.flatMap((pair) => [0, 10].map((down) => [...pair, down] as const)))(
    'from %s to %s, after %i hours in which nobody was there, is due once for each day, at whatever hour that is',
    (before, after, down) => {
      // One for each half past two that the clocks of the one zone have shown at first, and those of the other one at last.
      const shown = (zone: string, time: string): number => clocksOf(zone).shown(at(time)) - 2.5 * hour;
      const day = 24 * hour;
      const days =
        Math.floor(shown(after, '2026-07-05T12:00Z') / day) - Math.floor(shown(before, '2026-07-01T12:00Z') / day);
      for (let n = 0; n < 24; n += 6) {
        const changed = at('2026-07-03T00:00Z') + n * hour;
        const all = begun('30 2 * * *', [before, after], changed, down * hour, hour);
        expect(all, `changed at ${new Date(changed).toISOString()}`).toHaveLength(days);
      }
    },
  );

  test('makes up for what was missed at once when its new time has been, else at that time', () => {
    const changed = (time: string) => begun('30 2 * * *', ['Europe/Berlin', 'UTC'], at(time), 4 * hour).slice(1, 3);
    expect(changed('2026-07-03T04:00Z')).toEqual(['2026-07-03T04:00', '2026-07-04T02:30']);
    expect(changed('2026-07-03T01:00Z')).toEqual(['2026-07-03T02:30', '2026-07-04T02:30']);
  });

  test('leaves out nothing of what is for some times a day', () => {
    const all = begun('0 */2 * * *', ['Asia/Tokyo', 'UTC'], at('2026-07-03T00:30Z'), 0);
    const gaps = all.slice(1).map((time, index) => at(`${time}Z`) - at(`${all[index]}Z`));
    expect(Math.max(...gaps)).toBe(2 * hour);
    const missed = begun('0 * * * *', ['Europe/Berlin', 'UTC'], at('2026-07-03T00:30Z'), 1.5 * hour);
    expect(missed.filter((time) => time.startsWith('2026-07-03T00'))).toEqual(['2026-07-03T00:30']);
  });

  test('by a name that nobody knows any more goes by the time that passed', () => {
    expect(untilIn(schedule('30 2 * * *', 'UTC'), { until: 7, timeZone: 'Mars/Olympus' })).toBe(7);
  });
});
