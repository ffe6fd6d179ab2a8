import { expect, it } from 'vitest';
import { no, yes } from '../../src/domain/verdict.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();

/** Three bursts of changes, of which none was it alone; everything together is. `cures`: whether that helps. */
function threeBursts(cures: boolean) {
  const road = testRoad({ guardrails: [budget] });
  const undone: number[] = [];
  road.redefine('fix', {
    plan: ({ target }) =>
      ['first', 'second', 'third', 'all'].map((id, candidate) => ({
        id,
        summary: `undo ${id}`,
        touches: [target.key],
        change: { candidate, instance: 1 },
        ownTimeMs: 5_000,
        undo: 'as it was',
      })),
    apply: async ({ candidate }) => {
      road.applied.push(`fix ${candidate}`);
      const thing = road.things.get('a');
      if (thing && candidate === 3 && cures) Object.assign(thing, { symptoms: [], instance: 2 });
    },
    undo: async ({ candidate }) => void undone.push(candidate),
    verify: ({ change: { candidate } }) =>
      candidate === 3 && cures ? yes('all of it is back') : { ...no('it did not help'), certain: true },
  });
  return { road, undone };
}

it('the candidates of one step are one act of the budget: after three in vain comes everything together', async () => {
  const { road, undone } = threeBursts(true);
  expect(await outcome(road)).toMatchObject({ result: 'recovered', reason: expect.stringContaining('undo all') });
  expect(road.applied).toEqual(['fix 0', 'fix 1', 'fix 2', 'fix 3']);
  expect(undone).toEqual([0, 1, 2]);
  expect(await road.road.store.latches()).toEqual([]);
});

it('and each attempt is one: after three of them it is used up, and stays off', async () => {
  const { road } = threeBursts(false);
  const recovery = await start(road);
  const results: unknown[] = [];
  for (const attempt of [1, 2, 3, 4]) {
    // Its job is retried by hand.
    if (attempt > 1) await run(road, recovery, attempt - 1, 1);
    const answer = await run(road, recovery, attempt);
    results.push('outcome' in answer ? answer.outcome.result : answer);
  }
  expect(results).toEqual(['not-recovered', 'not-recovered', 'not-recovered', 'blocked']);
  expect(road.applied).toHaveLength(12);
  expect(await road.road.store.latches()).toMatchObject([{ by: `${recovery}#4` }]);
});
