import { describe, expect, test } from 'vitest';
import { type Kept, retention } from './retention.ts';

const kept = (...states: Kept['state'][]): Kept[] => states.map((state, age) => ({ snapshot: `s${age}`, state }));

describe('of the snapshots of a source', () => {
  test('what the policy takes is forgotten', () => {
    expect(retention(kept('verified', 'verified', 'verified'), ['s1', 's2'])).toEqual({
      forget: ['s1', 's2'],
      verdict: { ok: true, reason: '1 of 3 snapshots are kept' },
    });
  });

  test('the newest verified one stays, whatever the policy says', () => {
    expect(retention(kept('verified', 'verified'), ['s0', 's1']).forget).toEqual(['s1']);
  });

  test.each(['quarantined', 'unverified'] as const)('nothing goes while the newest is %s', (state) => {
    expect(retention(kept(state, 'verified', 'verified'), ['s0', 's1', 's2'])).toEqual({
      forget: [],
      verdict: { ok: false, reason: `nothing is forgotten while the newest snapshot is ${state}` },
    });
  });

  test('older ones that were never verified go by the policy', () => {
    expect(retention(kept('verified', 'unverified', 'verified'), ['s1']).forget).toEqual(['s1']);
  });

  test('what is not of this source stays', () => {
    expect(retention(kept('verified'), ['another']).forget).toEqual([]);
  });

  test('there may be none', () => {
    expect(retention([], [])).toEqual({ forget: [], verdict: { ok: true, reason: 'there is nothing to forget' } });
  });
});
