import { expect, test } from 'vitest';
import { guardrails } from '../../src/guardrails/index.ts';
import type { Road } from '../../src/road/road.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const broken = async (): Promise<never> => Promise.reject(new Error('it broke'));

/** What the only attempt came to on the road with its store changed, all guardrails asked. */
async function attempted(road: TestRoad, more: Partial<Road['store']> = {}): Promise<unknown> {
  const recovery = await start(road);
  const store: Road['store'] = { ...road.road.store, ...more };
  return run({ ...road, road: { ...road.road, store } }, recovery);
}
const held = (said: string) => ({ outcome: { result: 'blocked', reason: expect.stringContaining(said) as string } });

test('when none of them throws, it is let through', async () => {
  const road = testRoad({ guardrails: [...guardrails] });
  expect(await attempted(road)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
});

test.each(guardrails.map(({ kind }) => kind))('%s that throws at its parameters says no', async (kind) => {
  const road = testRoad({ guardrails: [...guardrails] });
  Object.assign(road.config.guardrails, { [kind]: { no: 'such parameter' } });
  const counts = kind === 'budget' || kind === 'concurrency';
  expect(await attempted(road)).toMatchObject(held(`${kind}: ${counts ? 'claim' : kind} could not decide: `));
  expect(road.applied).toEqual([]);
});

test.each([
  ['paused', { pauses: broken }],
  ['storm', { storm: broken }],
  ['storm', { troubled: broken }],
  ['cooldown', { lastActed: broken }],
  ['budget', { claim: broken }],
  ['concurrency', { claim: broken }],
] as const)('%s that can not read what it counts says no', async (kind, store) => {
  const road = testRoad({ guardrails: [...guardrails] });
  const asked = 'claim' in store ? 'claim' : kind;
  expect(await attempted(road, store)).toMatchObject(held(`${kind}: ${asked} could not decide: it broke`));
  expect(road.applied).toEqual([]);
});

test.each(['blind', 'storm'])('%s says no when Alertmanager does not tell all that fires', async (kind) => {
  const road = testRoad({ guardrails: [...guardrails] });
  const labels = { alertname: 'Down' };
  const own = { fingerprint: 'f1', labels, annotations: {}, startsAt: 0, suppressedBy: [], receivers: [] };
  const reading = { reachable: 1, errors: [], alerts: [{ ...own, state: 'active' as const }] };
  road.clients.alertmanager = { list: async (asked) => (asked === undefined ? broken() : reading) };
  expect(await attempted(road)).toMatchObject(held(`${kind}: ${kind} could not decide: it broke`));
  expect(road.applied).toEqual([]);
});

test('min_available says no when the replicas can not be counted', async () => {
  const road = testRoad({ guardrails: [...guardrails] });
  Object.assign(road.kind, {
    capacity: () => {
      throw new Error('it broke');
    },
  });
  expect(await attempted(road)).toMatchObject(held('min_available: min_available could not decide: it broke'));
  expect(road.applied).toEqual([]);
});
