import { expect, test } from 'vitest';
import { instant, relative, when } from './when.ts';

const now = Date.UTC(2026, 10, 29, 14, 8, 11, 250);

test.each([
  [0, 'just now'],
  [-999, 'just now'],
  [-59_999, '59 s ago'],
  [-60_000, '1 min ago'],
  [-3_599_999, '59 min ago'],
  [-49 * 3_600_000, '2 d ago'],
  [24 * 60_000, 'in 24 min'],
  [3_600_000, 'in 1 h'],
])('%d ms from now is %s', (ms, phrase) => {
  expect(relative(now + ms, now)).toBe(phrase);
});

test('an instant is UTC to the second, and what is none is said as it is', () => {
  expect(when(now - 180_000, now)).toBe('2026-11-29T14:05:11Z (3 min ago)');
  expect(instant(1e20)).toBe('100000000000000000000');
  expect(relative(Number.NaN, now)).toBe('just now');
});
