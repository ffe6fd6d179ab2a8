import { expect, test } from 'vitest';
import type { Bell } from '../../src/domain/bell.ts';
import type { ListedAlert } from '../../src/domain/clients.ts';
import { triage } from '../../src/flow.ts';
import { upkeep } from '../../src/upkeep.ts';
import type { TestRoad } from '../fakes/road.ts';
import { yes } from '../../src/domain/verdict.ts';
import { memoryOf } from '../fakes/remembered.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();

const listed = (more: Partial<ListedAlert> = {}): ListedAlert => ({
  fingerprint: 'f1',
  labels: { alertname: 'Down', thing: 'a' },
  annotations: {},
  startsAt: 1_763_999_999_000,
  state: 'active',
  suppressedBy: [],
  receivers: ['paramedic'],
  ...more,
});
const lists = (road: TestRoad, alerts: ListedAlert[], reachable = 1): void => {
  road.clients.alertmanager = { list: async () => ({ reachable, errors: [], alerts }) };
  Object.assign(road.config, { alertmanager: { urls: [], receiver: 'paramedic' } });
};

test('an alert that fired while we were down is found in Alertmanager and started', async () => {
  const road = testRoad();
  lists(road, [listed()]);
  await upkeep(road.road);
  expect(road.rings).toHaveLength(1);
  await upkeep(road.road);
  expect(road.rings).toHaveLength(1);
});

test('an alert that is routed to somebody else, or silenced, is left alone', async () => {
  const road = testRoad();
  lists(road, [listed({ receivers: ['on-call'] }), listed({ fingerprint: 'f2', state: 'suppressed' })]);
  await upkeep(road.road);
  expect(road.rings).toEqual([]);
  await road.road.store.addReceiver('on-call');
  await upkeep(road.road);
  expect(road.rings).toHaveLength(1);
});

test('an episode whose alerts are not listed twice in a row is closed; an unreachable Alertmanager says nothing', async () => {
  const road = testRoad();
  await triage(road.delivery(road.alert()), road.road);
  lists(road, [], 0);
  await upkeep(road.road);
  lists(road, []);
  expect(await upkeep(road.road)).toMatchObject({ openEpisodes: 1 });
  await road.clock.sleep(90_000);
  expect(await upkeep(road.road)).toMatchObject({ openEpisodes: 0 });
});

test("an episode of Grafana's alerts is not closed by their absence from Alertmanager", async () => {
  const road = testRoad();
  await triage({ ...road.delivery(road.alert()), source: 'grafana' }, road.road);
  lists(road, []);
  await upkeep(road.road);
  await road.clock.sleep(90_000);
  expect(await upkeep(road.road)).toMatchObject({ openEpisodes: 1 });
});

test.each<[Awaited<ReturnType<Bell['state']>>, string[]]>([
  ['live', []],
  ['missing', ['ring']],
  ['completed', ['ring']],
])('an open recovery whose job is %s: %j', async (state, expected) => {
  const road = testRoad();
  await triage(road.delivery(road.alert()), road.road);
  const done: string[] = [];
  Object.assign(road.road.bell, {
    state: async () => state,
    ring: async () => void done.push('ring'),
  });
  await upkeep(road.road);
  expect(done).toEqual(expected);
});

test('an open recovery whose job failed for good is ended, once, and a human is called', async () => {
  const road = testRoad();
  await triage(road.delivery(road.alert()), road.road);
  road.road.bell.state = async () => 'failed';
  await upkeep(road.road);
  await upkeep(road.road);
  expect(road.events.filter(({ event }) => event === 'page')).toHaveLength(1);
  expect(await road.road.store.openRecoveries()).toEqual([]);
  const [decision] = await road.road.store.decisions(1);
  expect(decision?.reason).toBe('failed: its job failed for good before it had an outcome');
});

test('what is alerted about while it is young is demoted, also where nothing is done about it, and only while that fires', async () => {
  const road = testRoad({ mode: 'observe' });
  lists(road, [listed()]);
  const { startsAt } = listed();
  const versions = [{ hash: 'h', at: startsAt - 60_000, by: 'kubectl', uid: 'u1' }];
  const good = {
    id: 'k',
    stampedAt: startsAt + 10_000,
    seenAt: startsAt,
    healthMs: 1,
    objects: { 'test/a': 'h' },
    nodes: {},
  };
  const remembered = {
    target: 'test/a',
    current: yes('watched'),
    knownGoods: [good],
    graph: [],
    objects: new Map([['test/a', { key: 'test/a', versions }]]),
  };
  const demoted: string[] = [];
  road.clients.knownGood = {
    ...memoryOf([remembered]),
    blameMs: 3_600_000,
    demote: async (target, id) => void demoted.push(`${target} ${id}`),
  };
  await upkeep(road.road);
  expect(demoted).toEqual(['test/a k']);
  expect(road.applied).toEqual([]);
  lists(road, []);
  for (let looks = 0; looks < 2; looks += 1) {
    await upkeep(road.road);
    await road.clock.sleep(90_000);
  }
  demoted.length = 0;
  expect(await upkeep(road.road)).toMatchObject({ openEpisodes: 0 });
  expect(demoted).toEqual([]);
});
