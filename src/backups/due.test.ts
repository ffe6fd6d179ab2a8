import { describe, expect, test } from 'vitest';
import type { Schedule } from '../domain/schedule.ts';
import { dueNow, shortestGapMs, timeAfter, wrongCron } from './due.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = (text: string): number => Date.parse(text);
const schedule = (cron: string, timeZone = 'Europe/Berlin', jitterMs = 0): Schedule => ({ cron, timeZone, jitterMs });

/** As often as need be: each look takes a moment. */
const lookMs = 150_000;

/** When something is begun that is looked at now and then between two times, by a clock that `clock` makes of the true one. */
function begun(
  of: Schedule,
  from: string,
  to: string,
  {
    clock = (t: number) => t,
    isUp = () => true,
    everyMs = lookMs,
  }: { clock?: (t: number) => number; isUp?: (t: number) => boolean; everyMs?: number } = {},
): string[] {
  const found: string[] = [];
  let until: number | undefined;
  for (let t = at(from); t < at(to); t += everyMs) {
    if (!isUp(t)) continue;
    const now = clock(t);
    const said = dueNow(of, 'orders', until, now);
    if (said.due) found.push(new Date(now).toISOString().slice(0, 16));
    until = said.until ?? until;
  }
  return found;
}
const down = (from: string, to: string) => ({ isUp: (t: number) => t < at(from) || t >= at(to) });

describe('a schedule', () => {
  test('is due at its time in its zone, once', () => {
    expect(begun(schedule('30 2 * * *'), '2026-07-01T00:00Z', '2026-07-03T00:00Z')).toEqual([
      '2026-07-01T00:30',
      '2026-07-02T00:30',
    ]);
  });

  test('that is new begins now: what was before it was not missed', () => {
    const said = dueNow(schedule('30 2 * * *'), 'orders', undefined, at('2026-07-01T12:00Z'));
    expect(said).toEqual({ due: false, until: at('2026-07-01T12:00Z'), next: at('2026-07-02T00:30Z') });
  });

  test('that says so begins with a first time at once', () => {
    const atOnce = { ...schedule('30 2 * * *'), atOnce: true } as const;
    const now = at('2026-07-01T12:00Z');
    const said = { due: true, until: now, next: at('2026-07-02T00:30Z') };
    expect(dueNow(atOnce, 'orders', undefined, now)).toEqual(said);
    expect(dueNow(atOnce, 'orders', now, now)).toMatchObject({ due: false });
  });

  test('is due once for all that was missed, and then at its time', () => {
    const all = begun(schedule('0 * * * *'), '2026-07-01T00:10Z', '2026-07-01T06:30Z', {
      ...down('2026-07-01T00:59:30Z', '2026-07-01T04:10Z'),
    });
    expect(all).toEqual(['2026-07-01T04:10', '2026-07-01T05:00', '2026-07-01T06:00']);
  });

  test('says when it is due next', () => {
    const daily = schedule('30 2 * * *');
    const seen = at('2026-07-01T00:30Z');
    expect(dueNow(daily, 'a', seen, at('2026-07-01T09:00Z'))).toEqual({ due: false, next: at('2026-07-02T00:30Z') });
    const missed = dueNow(daily, 'a', seen, at('2026-07-04T09:00Z'));
    expect(missed).toEqual({ due: true, until: at('2026-07-04T09:00Z'), next: at('2026-07-05T00:30Z') });
    expect(dueNow(schedule('0 0 31 2 *'), 'a', seen, at('2026-07-04T09:00Z'))).toEqual({ due: false });
  });
});

describe('where clocks are put forward or back', () => {
  test.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-30T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-26T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    [
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00Z',
      '2026-09-07T12:00Z',
      ['2026-09-06T04:00', '2026-09-07T03:00'],
    ],
    [
      '0 0 * * *',
      'America/Santiago',
      '2026-04-04T12:00Z',
      '2026-04-06T12:00Z',
      ['2026-04-05T04:00', '2026-04-06T04:00'],
    ],
    [
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00Z',
      '2026-10-05T00:00Z',
      ['2026-10-03T15:30', '2026-10-04T15:15'],
    ],
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00Z',
      '2026-04-06T00:00Z',
      ['2026-04-04T14:45', '2026-04-05T15:15'],
    ],
  ])('%s in %s is due once a day, from %s', (cron, zone, from, to, expected) => {
    expect(begun(schedule(cron, zone), from, to)).toEqual(expected);
  });

  test.each([
    [
      '30 2,14 * * *',
      '2026-03-28T12:00Z',
      '2026-03-29T14:00Z',
      ['2026-03-28T13:30', '2026-03-29T01:00', '2026-03-29T12:30'],
    ],
    [
      '30 2,14 * * *',
      '2026-10-24T12:00Z',
      '2026-10-25T14:00Z',
      ['2026-10-24T12:30', '2026-10-25T00:30', '2026-10-25T13:30'],
    ],
    ['*/15 2 * * *', '2026-03-28T12:00Z', '2026-03-29T14:00Z', ['2026-03-29T01:00']],
    [
      '0 0-23/2 * * *',
      '2026-03-28T22:00Z',
      '2026-03-29T05:00Z',
      ['2026-03-28T23:00', '2026-03-29T01:00', '2026-03-29T02:00', '2026-03-29T04:00'],
    ],
    ['0 3 * * *', '2026-03-28T12:00Z', '2026-03-29T14:00Z', ['2026-03-29T01:00']],
  ])('%s is due no less and no more often, from %s to %s', (cron, from, to, expected) => {
    expect(begun(schedule(cron), from, to)).toEqual(expected);
  });

  test.each([
    ['2026-03-28T22:45Z', '2026-03-29T03:15Z', ['23:00', '00:00', '01:00', '02:00', '03:00']],
    ['2026-10-24T22:45Z', '2026-10-25T03:15Z', ['23:00', '00:00', '01:00', '02:00', '03:00']],
  ])('what is hourly stays so, from %s', (from, to, expected) => {
    expect(begun(schedule('0 * * * *'), from, to).map((text) => text.slice(11))).toEqual(expected);
  });

  test.each(['2026-10-25T00:40Z', '2026-10-25T01:10Z', '2026-10-25T01:40Z', '2026-10-25T03:00Z'])(
    'what was missed in the hour that comes twice is due once: back at %s',
    (back) => {
      const daily = schedule('30 2 * * *');
      const all = begun(daily, '2026-10-24T12:00Z', '2026-10-25T12:00Z', down('2026-10-25T00:20Z', back));
      expect(all).toEqual([back.slice(0, 16)]);
    },
  );

  test.each(['2026-03-29T01:10Z', '2026-03-29T01:40Z', '2026-03-29T03:00Z'])(
    'what was missed in the hour that is left out is due once: back at %s',
    (back) => {
      const daily = schedule('30 2 * * *');
      const all = begun(daily, '2026-03-28T12:00Z', '2026-03-29T12:00Z', down('2026-03-29T00:20Z', back));
      expect(all).toEqual([back.slice(0, 16)]);
    },
  );
});

describe('a clock that jumps', () => {
  const jump = (when: string, ms: number) => ({ clock: (t: number) => (t < at(when) ? t : t + ms) });

  test('forwards makes it due once for all that was jumped over', () => {
    const all = begun(
      schedule('0 * * * *'),
      '2026-07-01T00:30Z',
      '2026-07-01T02:10Z',
      jump('2026-07-01T01:10Z', 3 * hour),
    );
    expect(all).toEqual(['2026-07-01T01:00', '2026-07-01T04:10', '2026-07-01T05:00']);
  });

  test('back a little has nothing done again', () => {
    const all = begun(
      schedule('0 * * * *'),
      '2026-07-01T00:30Z',
      '2026-07-01T02:30Z',
      jump('2026-07-01T01:10Z', -20 * minute),
    );
    expect(all).toEqual(['2026-07-01T01:00', '2026-07-01T02:00']);
  });

  test('back by more than the schedule makes it due once, and then at its time by the new clock', () => {
    const all = begun(
      schedule('0 * * * *'),
      '2026-07-01T08:30Z',
      '2026-07-01T12:00Z',
      jump('2026-07-01T10:10Z', -3 * hour),
    );
    expect(all).toEqual(['2026-07-01T09:00', '2026-07-01T10:00', '2026-07-01T07:10', '2026-07-01T08:00']);
  });

  test('a year ahead and back again holds nothing up', () => {
    const clock = (t: number): number =>
      t >= at('2026-07-01T12:00Z') && t < at('2026-07-01T12:10Z') ? t + 365 * 24 * hour : t;
    const all = begun(schedule('30 2 * * *'), '2026-07-01T11:00Z', '2026-07-02T12:00Z', { clock });
    expect(all).toEqual(['2027-07-01T12:00', '2026-07-01T12:10', '2026-07-02T00:30']);
  });

  test('between two machines that do not agree to the minute means nothing', () => {
    let n = 0;
    const clock = (t: number): number => ((n += 1) % 2 === 0 ? t : t - 20_000);
    const all = begun(schedule('*/5 * * * *'), '2026-07-01T00:01Z', '2026-07-01T00:16Z', {
      clock,
      everyMs: 30_000,
    });
    expect(all.map((text) => text.slice(11))).toEqual(['00:05', '00:10', '00:15']);
  });
});

describe('jitter', () => {
  const late = (name: string): number => {
    const { next = 0 } = dueNow(
      schedule('0 2 * * *', 'UTC', hour),
      name,
      at('2026-07-01T02:30Z'),
      at('2026-07-01T12:00Z'),
    );
    return next - at('2026-07-02T02:00Z');
  };

  test('is the same for one name, another one for another, and below its bound', () => {
    const names = Array.from({ length: 50 }, (_, n) => `source-${n}`);
    const all = names.map(late);
    expect(all).toEqual(names.map(late));
    expect(new Set(all).size).toBeGreaterThan(45);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all)).toBeLessThan(hour);
  });

  test('puts it off by so much, once', () => {
    const of = schedule('0 * * * *', 'UTC', 50 * minute);
    const all = begun(of, '2026-07-01T00:00Z', '2026-07-01T05:00Z');
    const { next = 0 } = dueNow(of, 'orders', at('2026-07-01T00:30Z'), at('2026-07-01T00:30Z'));
    expect(all).toHaveLength(5);
    const minutes = new Set(all.map((text) => text.slice(14)));
    expect([...minutes]).toEqual([new Date(Math.ceil(next / lookMs) * lookMs).toISOString().slice(14, 16)]);
  });

  test('that is made longer has nothing done again', () => {
    const seen = at('2026-07-01T02:00:10Z');
    expect(dueNow(schedule('0 * * * *', 'UTC', 59 * minute), 'orders', seen, seen + 30_000).due).toBe(false);
  });
});

describe('times', () => {
  test('come after the one that is given, not at it', () => {
    const daily = schedule('30 2 * * *', 'UTC');
    const time = at('2026-07-01T02:30Z');
    expect(timeAfter(daily, time - 1)).toBe(time);
    expect(timeAfter(daily, time)).toBe(time + 24 * hour);
    expect(timeAfter(daily, time + 500)).toBe(time + 24 * hour);
  });

  test('that never come are none', () => {
    expect(timeAfter(schedule('0 0 31 2 *'), at('2026-01-01T00:00Z'))).toBeUndefined();
    expect(shortestGapMs(schedule('0 0 31 2 *'), at('2026-01-01T00:00Z'))).toBeUndefined();
  });

  test('are as far apart as the closest two of them', () => {
    expect(shortestGapMs(schedule('0 2,5 * * *', 'UTC'), at('2026-01-01T00:00Z'))).toBe(3 * hour);
    expect(shortestGapMs(schedule('*/20 * * * *'), at('2026-01-01T00:00Z'))).toBe(20 * minute);
  });

  test.each(['* * * *', '@daily', '* * * * * *', '60 * * * *', 'H 2 * * *', 'a b c d e', ''])(
    '%j is no cron',
    (cron) => {
      expect(wrongCron(cron)).toMatch(/\S/);
    },
  );
  test.each(['30 2 * * *', '*/15 8-18 * * mon-fri', '0 0 1 1 *', '0 3 * * 7'])('%j is one', (cron) => {
    expect(wrongCron(cron)).toBeUndefined();
  });
});
