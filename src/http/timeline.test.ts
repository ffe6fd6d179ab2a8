import { expect, test } from 'vitest';
import type { Recovery } from '../domain/recovery.ts';
import { notRecovered, sampleNow, waiting } from '../../test/fakes/sample-recoveries.ts';
import { timelineOf } from './timeline.ts';

const minute = 60_000;
const manual = { by: 'ada', reason: 'it is urgent', overrides: [] };
const told = (recovery: Recovery): readonly string[] =>
  timelineOf(recovery).map(({ at, text }) => `${(at - sampleNow) / minute} ${text}`);

test('a first attempt begins with its alert', () => {
  const first: Recovery = { ...waiting, attemptOpenedAt: waiting.openedAt };
  expect(told(first).slice(0, 2)).toEqual(['-8 its alert began to fire', '-7 attempt 1 was opened']);
  expect(told(first).filter((line) => line.includes('attempt'))).toHaveLength(1);
});

test('a later attempt is opened when it was, and not when the first one was', () => {
  const again: Recovery = { ...notRecovered, attempt: 2, attemptOpenedAt: sampleNow - 49.5 * minute };
  expect(told(again).slice(0, 3)).toEqual([
    '-52 its alert began to fire',
    '-50 attempt 1 was opened',
    '-49.5 attempt 2 was opened',
  ]);
});

test('of a later attempt no time is told where none is known', () => {
  expect(told({ ...waiting, attempt: 2 }).filter((line) => line.includes('attempt'))).toEqual([
    '-7 attempt 1 was opened',
  ]);
});

test('who asked by hand asked for the first attempt, whoever retried it', () => {
  const again: Recovery = { ...waiting, manual, attempt: 2, attemptOpenedAt: sampleNow - 6.5 * minute };
  expect(told(again).slice(0, 2)).toEqual(['-7 attempt 1 was asked for by hand by ada', '-6.5 attempt 2 was opened']);
  expect(told({ ...waiting, manual })[0]).toBe('-7 attempt 1 was asked for by hand by ada');
});
