import { expect, test } from 'vitest';
import { clocksOf } from './clocks-of.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString();

test.each([
  ['Europe/Berlin', '2026-07-01T00:30:15.250Z', '2026-07-01T02:30:15.250Z'],
  ['Europe/Berlin', '2026-03-29T00:59:59.999Z', '2026-03-29T01:59:59.999Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00.000Z', '2026-03-29T03:00:00.000Z'],
  ['America/St_Johns', '2026-01-01T00:00:00.000Z', '2025-12-31T20:30:00.000Z'],
  ['Asia/Kathmandu', '2026-01-01T00:00:00.000Z', '2026-01-01T05:45:00.000Z'],
  ['UTC', '1969-12-31T23:59:59.900Z', '1969-12-31T23:59:59.900Z'],
])('clocks in %s show at %s: %s', (zone, instant, expected) => {
  expect(iso(clocksOf(zone).shown(at(instant)))).toBe(expected);
});

test.each([
  ['Europe/Berlin', '2026-07-01T02:30:00.000Z', '2026-07-01T00:30:00.000Z'],
  ['Europe/Berlin', '2026-03-28T20:00:00.000Z', '2026-03-28T19:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T10:00:00.000Z', '2026-03-29T08:00:00.000Z'],
  // They are put forward from 2 to 3 o'clock.
  ['Europe/Berlin', '2026-03-29T02:00:00.000Z', '2026-03-29T01:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T02:30:00.000Z', '2026-03-29T01:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T03:00:00.000Z', '2026-03-29T01:00:00.000Z'],
  // They are put back from 3 to 2 o'clock.
  ['Europe/Berlin', '2026-10-25T02:30:00.000Z', '2026-10-25T00:30:00.000Z'],
  ['Europe/Berlin', '2026-10-25T03:00:00.000Z', '2026-10-25T02:00:00.000Z'],
  ['America/Santiago', '2026-09-06T00:00:00.000Z', '2026-09-06T04:00:00.000Z'],
  ['Australia/Lord_Howe', '2026-10-04T02:15:00.000Z', '2026-10-03T15:30:00.000Z'],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00.000Z', '2026-04-04T14:45:00.000Z'],
  // A whole day that was left out.
  ['Pacific/Apia', '2011-12-30T12:00:00.000Z', '2011-12-30T10:00:00.000Z'],
])('clocks in %s show %s first at %s', (zone, shown, expected) => {
  expect(iso(clocksOf(zone).firstShowing(at(shown)))).toBe(expected);
});
