import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['1y2w3d4h5m6s7ms', 31_536_000_000 + 2 * 604_800_000 + 3 * 86_400_000 + 4 * 3_600_000 + 306_007],
    ['90m', 5_400_000],
    ['007s', 7000],
    ['292y', 292 * 31_536_000_000],
  ])('%s is %i ms, as in Prometheus', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    '1',
    '10',
    'm',
    '1.5h',
    '-1s',
    '1m1h',
    '1s1s',
    '1h 30m',
    ' 1s',
    '1s\n',
    '1µs',
    '1us',
    '1ns',
    '1H',
    '300y',
    '１s',
    'P1D',
  ])('%j is none, as in Prometheus', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [0, '0s'],
    [1, '1ms'],
    [5_400_000, '1h30m'],
    [90 * 86_400_000, '90d'],
    [14 * 86_400_000, '2w'],
    [730 * 86_400_000, '2y'],
    [61_001, '1m1s1ms'],
    [1500.4, '1s500ms'],
  ])('%i ms prints as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('what is printed means the same when it is read again', () => {
    // A fixed sequence (mulberry32), so that a failure can be seen again.
    let seed = 7;
    const random = (): number => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    for (let round = 0; round < 2000; round += 1) {
      const ms = Math.floor(random() * 10 ** (random() * 12));
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }
  });
});
