import { expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { triage } from '../../src/flow.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { cooldown } from '../../src/guardrails/cooldown/cooldown.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const minute = 60_000;

/** A recovery whose act was counted in and begun, and did not come about; the next run finds it so. */
async function cutOff(global: string): Promise<{ road: TestRoad; recovery: string }> {
  const road = testRoad({ guardrails: [paused, cooldown, budget] });
  Object.assign(road.config.guardrails, { budget: { target: [], global } });
  const recovery = await start(road);
  const apply = async () => Promise.reject(new ActionError('the line was cut', 'unreachable', true));
  road.redefine('fix', { apply });
  await expect(run(road, recovery)).rejects.toThrow('the line was cut');
  road.redefine('fix', {});
  return { road, recovery };
}

/** Counts an act of another recovery, about the thing `b`, beside it: how many there are without it. */
async function beside({ road, things, alert, delivery, rings }: TestRoad, text: string, windowMs: number, now: number) {
  things.set('b', { uid: 'u2', symptoms: ['down'], instance: 1 });
  await triage(delivery(alert({ fingerprint: 'f2', labels: { alertname: 'Down', thing: 'b' } })), road);
  const other = { recovery: rings.at(-1)?.recovery ?? '', attempt: 1, run: 'other' };
  await road.store.begin(other, 0);
  const limits = [{ scope: `budget of global everything: ${text}`, max: Number.parseInt(text, 10), windowMs }];
  return (await road.store.claim(other, { act: 'other', limits, take: true, latch: true, now }))[0]?.used;
}

test('nothing new in its way: it is done, and neither its cooldown nor its budget is in its own way', async () => {
  const { road, recovery } = await cutOff('1 per 5m');
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
});

test('paused meanwhile, it is not done', async () => {
  const { road, recovery } = await cutOff('1 per 5m');
  await road.road.store.pause({ scope: 'global', by: 'jane', reason: 'migration', at: road.clock.now() });
  const ended = await run(road, recovery);
  expect(ended).toMatchObject({ outcome: { result: 'blocked' } });
  expect(JSON.stringify(ended)).toContain('not carried out any more: jane paused global');
  expect(road.applied).toEqual([]);
});

test('counted in a while ago, it is counted as of when it is done', async () => {
  const { road, recovery } = await cutOff('9 per 5m');
  const countedAt = road.clock.now();
  await road.clock.sleep(4 * minute);
  await run(road, recovery);
  expect(await beside(road, '9 per 5m', 5 * minute, countedAt + 6 * minute)).toBe(1);
});

test('where others have used up the budget meanwhile, it is not done, and a human is told', async () => {
  const { road, recovery } = await cutOff('1 per 5m');
  await road.clock.sleep(6 * minute);
  expect(await beside(road, '1 per 5m', 5 * minute, road.clock.now())).toBe(0);
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'blocked', page: true } });
  expect(road.applied).toEqual([]);
});
