import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAction } from '../domain/action.ts';
import type { Plan } from '../domain/plan.ts';
import { no } from '../domain/verdict.ts';
import { nextPlan } from './next-plan.ts';

const plan = (summary: string, id?: string): Plan => ({
  summary,
  touches: [],
  change: {},
  ownTimeMs: 0,
  ...(id !== undefined && { id }),
});
function next(tried: readonly Plan[], candidates: readonly Plan[]): string {
  const action = defineAction({
    verb: 'fix',
    on: 'thing',
    role: 'fix',
    risk: 'low',
    permissions: [],
    params: z.unknown(),
    change: z.unknown(),
    plan: () => (candidates.length === 0 ? no('nothing to do') : candidates),
    apply: async () => {},
    settled: async () => 'done',
    verify: () => no('not'),
  });
  const input = {
    target: { kind: 'thing', key: 'a' },
    state: {},
    extra: undefined,
    params: undefined,
    labels: {},
    now: 0,
  };
  const answer = nextPlan(action, tried, input);
  return 'ok' in answer ? answer.reason : answer.summary;
}
const [one, two, all] = [plan('one', 'i1'), plan('two', 'i2'), plan('both', 'all')];

describe('the next plan', () => {
  it('is known by its id: after one that was kept the others move up', () => {
    expect(next([], [one, two, all])).toBe('one');
    expect(next([one], [two])).toBe('two');
    expect(next([one], [one, two, all])).toBe('two');
    expect(next([one, two], [one, two, all])).toBe('both');
    expect(next([one, two, all], [two, all])).toBe('nothing left to try after 3 of 2 candidates');
  });

  it('is not hindered by what has no id, as what was tried of another way', () => {
    expect(next([plan('other')], [one, two])).toBe('one');
  });

  it('is known by its place where one has no id', () => {
    expect(next([plan('one')], [plan('one'), plan('two')])).toBe('two');
    expect(next([], [one, plan('two')])).toBe('one');
    expect(next([one], [one, plan('two')])).toBe('two');
  });

  it('is none where there is nothing to do', () => {
    expect(next([one], [])).toBe('nothing to do');
  });
});
