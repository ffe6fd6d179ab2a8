import { describe, expect, test } from 'vitest';
import { newestFirst } from '../domain/ahead-of-clock.ts';
import { type DataSnapshot, retention } from './retention.ts';

const day = 86_400_000;
const now = 100 * day;
/** Newest first, a day apart: `good` is a recovery point. */
const kept = (...all: ('good' | 'doubtful')[]): DataSnapshot[] =>
  all.map((one, age) => ({ snapshot: `s${age}`, at: now - age * day, ...(one === 'good' && { point: `p${age}` }) }));

describe('of the snapshots of a source', () => {
  test('what the policy takes is forgotten, with what is written beside it', () => {
    expect(retention(kept('good', 'good', 'good'), ['p1', 'p2'], now)).toEqual({
      forget: ['s1', 'p1', 's2', 'p2'],
      verdict: { ok: true, reason: '1 of 3 snapshots are kept' },
    });
  });

  test('the newest recovery point stays, whatever the policy says', () => {
    expect(retention(kept('good', 'good'), ['p0', 'p1'], now).forget).toEqual(['s1', 'p1']);
  });

  test('one that is ahead of the clock is not the newest, and the newest true one stays', () => {
    const ahead = { snapshot: 'ahead', at: now + 10 * day, point: 'ahead-point' };
    const all = newestFirst([ahead, ...kept('good', 'good')], now);
    expect(retention(all, ['p0', 'p1'], now).forget).toEqual(['s1', 'p1']);
    const doubtful = newestFirst([ahead, ...kept('doubtful', 'good')], now);
    expect(retention(doubtful, ['p1'], now).verdict.ok).toBe(false);
  });

  test('nothing goes while the newest is none', () => {
    expect(retention(kept('doubtful', 'good', 'good'), ['p1', 'p2'], now)).toEqual({
      forget: [],
      verdict: { ok: false, reason: 'nothing is forgotten while the newest snapshot is no recovery point' },
    });
  });

  test('what is none stays for a week, and takes nobody’s place', () => {
    const all = kept('good', 'doubtful', 'good', 'good', 'good', 'good', 'good', 'good', 'doubtful');
    expect(retention(all, [], now).forget).toEqual(['s8']);
  });

  test('what is not of this source stays', () => {
    expect(retention(kept('good'), ['another'], now).forget).toEqual([]);
  });

  test('there may be none', () => {
    expect(retention([], [], now)).toEqual({ forget: [], verdict: { ok: true, reason: 'there is nothing to forget' } });
  });
});
