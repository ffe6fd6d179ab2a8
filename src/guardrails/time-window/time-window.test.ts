import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { timeWindow } from './time-window.ts';

const check = (params: unknown, at: string) => timeWindow.check(guardrailInput({ params, now: Date.parse(at) }));
const businessHours = {
  weekdays: ['monday:friday'],
  times: [{ start_time: '09:00', end_time: '17:00' }],
  location: 'Europe/Berlin',
};

test('without a setting any hour will do', async () => {
  expect(await check(undefined, '2026-11-29T03:00:00Z')).toEqual({ ok: true, reason: 'it may be done at any hour' });
});

test('inside of its hours it lets through, outside it says when it will', async () => {
  expect(await check({ active: [businessHours] }, '2026-11-27T15:59:59Z')).toEqual({
    ok: true,
    reason: 'it is inside of its hours',
  });
  // Friday 17:00 in Berlin; Monday 09:00 there is 08:00 UTC in winter.
  expect(await check({ active: [businessHours] }, '2026-11-27T16:00:00Z')).toEqual({
    ok: false,
    reason: 'it is outside of its active time intervals: released in 2d16h, at 2026-11-30 08:00 UTC',
    retryAfterMs: 64 * 3_600_000,
  });
});

test.each([
  ['the day before clocks go forward', '2026-03-27T08:00:00Z', true],
  ['09:00 in summer is 07:00 UTC', '2026-03-30T07:00:00Z', true],
  ['06:59 UTC is too early in summer', '2026-03-30T06:59:59Z', false],
  ['08:59 in winter is 07:59 UTC', '2026-10-26T07:59:00Z', false],
  ['09:00 in winter is 08:00 UTC', '2026-10-26T08:00:00Z', true],
])('it goes by the clocks of the place: %s', async (_, at, ok) => {
  expect((await check({ active: [businessHours] }, at)).ok).toBe(ok);
});

test('an hour that the clocks repeat is muted twice, one that they skip never', async () => {
  const night = { location: 'Europe/Berlin', times: [{ start_time: '02:00', end_time: '03:00' }] };
  const muted = async (at: string) => !(await check({ mute: [night] }, at)).ok;
  expect([await muted('2026-10-25T00:30:00Z'), await muted('2026-10-25T01:30:00Z')]).toEqual([true, true]);
  expect(await muted('2026-10-25T02:30:00Z')).toBe(false);
  expect([await muted('2026-03-29T00:30:00Z'), await muted('2026-03-29T01:00:00Z')]).toEqual([false, false]);
});

test('an opening at an odd minute is found', async () => {
  const params = { active: [{ times: [{ start_time: '09:07', end_time: '09:50' }] }] };
  expect(await check(params, '2026-11-27T09:05:30Z')).toMatchObject({ retryAfterMs: 90_000 });
});

test('mute comes before active', async () => {
  const params = { active: [{ years: ['2026'] }], mute: [{ months: ['december'], days_of_month: ['20:-1'] }] };
  expect((await check(params, '2026-12-19T23:59:00Z')).ok).toBe(true);
  expect(await check(params, '2026-12-20T00:00:00Z')).toEqual({
    ok: false,
    reason: 'it is inside of a time interval that is muted, and stays so for a week and longer',
  });
});

test('days are counted from the end of the month as well', async () => {
  const last = { active: [{ days_of_month: ['-2:-1'] }] };
  expect((await check(last, '2028-02-28T00:00:00Z')).ok).toBe(true);
  expect((await check(last, '2028-02-27T00:00:00Z')).ok).toBe(false);
  expect((await check(last, '2026-02-27T00:00:00Z')).ok).toBe(true);
});

test.each([
  [{ weekdays: ['mon'] }, '"mon" is no weekday'],
  [{ weekdays: ['friday:monday'] }, '"friday:monday" is no weekday or range'],
  [{ days_of_month: ['0'] }, '"0" is no day of the month'],
  [{ months: ['13'] }, '"13" is no month'],
  [{ location: 'Berlin' }, 'is no time zone such as Europe/Berlin'],
  [
    { times: [{ start_time: '9:00', end_time: '17:00' }] },
    `expected a time of day from '00:00' to '24:00', got "9:00"`,
  ],
  [{ times: [{ start_time: '22:00', end_time: '06:00' }] }, 'a night is two intervals'],
])('%j is refused', (interval, message) => {
  const issues = timeWindow.params.safeParse({ active: [interval] }).error?.issues ?? [];
  expect(issues.map((issue) => issue.message).join()).toContain(message);
});
