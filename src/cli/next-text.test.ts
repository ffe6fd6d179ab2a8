import { expect, test } from 'vitest';
import { nextText } from './next-text.ts';

const at = Date.parse('2026-07-02T00:30:00Z');

test('what is next is said in the zone of its schedule', () => {
  const now = Date.parse('2026-07-01T19:18:20Z');
  expect(nextText({ at, timeZone: 'Europe/Berlin' }, now)).toBe('2026-07-02 02:30 Europe/Berlin, in 5h12m');
  expect(nextText({ at, timeZone: 'UTC' }, now)).toBe('2026-07-02 00:30 UTC, in 5h12m');
});

test('what is due already is due now', () => {
  expect(nextText({ at, timeZone: 'UTC' }, at)).toBe('due now');
  expect(nextText({ at, timeZone: 'UTC' }, at - 1)).toBe('2026-07-02 00:30 UTC, in 1m');
});
