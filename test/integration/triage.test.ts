import { expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { triage } from '../../src/flow.ts';
import type { TestRoad } from '../fakes/road.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const decisions = async (road: TestRoad) =>
  (await road.road.store.decisions(1_000)).map(({ decision, reason, count: alerts }) => ({ decision, reason, alerts }));

test('an alert that a playbook answers opens one recovery, whoever sends it how often', async () => {
  const road = testRoad();
  for (let i = 0; i < 6; i += 1) await triage(road.delivery(road.alert()), road.road);
  expect(road.rings).toHaveLength(1);
  expect(await decisions(road)).toEqual([{ decision: 'recover', reason: 'down answers it', alerts: 6 }]);
});

test('three senders, a resolved in between, and the older firing last: one recovery, and its episode is closed', async () => {
  const road = testRoad();
  const resolved = road.alert({ status: 'resolved', endsAt: road.clock.start });
  for (const alert of [road.alert(), road.alert(), resolved, road.alert(), resolved, road.alert()]) {
    await triage(road.delivery(alert), road.road);
  }
  expect(road.rings).toHaveLength(1);
  expect(await road.road.store.openEpisodes()).toEqual([]);
  expect(await decisions(road)).toEqual([{ decision: 'recover', reason: 'down answers it', alerts: 6 }]);
});

test('an alert nobody answers names the nearest playbook and the matcher that fails', async () => {
  const road = testRoad();
  await triage(road.delivery(road.alert({ alertname: 'Do', labels: { alertname: 'Do' } })), road.road);
  expect(await decisions(road)).toEqual([
    {
      decision: 'none',
      reason: 'no playbook answers it: the nearest is down, whose matcher alertname="Down" fails (alertname is "Do")',
      alerts: 1,
    },
  ]);
});

test.each([
  ['Watchdog', 'it is a heartbeat: it fires while all is well'],
  ['ParamedicDown', 'it is about Paramedic itself'],
  ['DatasourceNoData', "it tells of Grafana's data source, not of a target"],
  ['', 'it has no alertname label'],
])('%s is never answered', async (alertname, reason) => {
  const road = testRoad();
  await triage(road.delivery(road.alert({ alertname })), road.road);
  expect(await decisions(road)).toEqual([{ decision: 'none', reason, alerts: 1 }]);
});

test('labels that name nothing, and things that are not there, get a reason', async () => {
  const road = testRoad();
  const nothing = road.alert({ fingerprint: 'f1', labels: { alertname: 'Down' } });
  const absent = road.alert({ fingerprint: 'f2', labels: { alertname: 'Down', thing: 'b' } });
  await triage(road.delivery(nothing, absent), road.road);
  expect((await decisions(road)).map((one) => one.reason).toSorted()).toEqual([
    'its labels name no target that we know how to look after',
    'there is no thing b',
  ]);
  expect(road.rings).toEqual([]);
});

test('a platform that does not answer postpones its own alerts only, and they are counted once', async () => {
  const road = testRoad();
  const { confirm } = road.kind;
  road.kind.confirm = async (candidate, clients) => {
    if (candidate.by['name'] === 'a') return confirm(candidate, clients);
    throw new ActionError('no engine', 'unreachable', true);
  };
  const silent = road.alert({ fingerprint: 'f2', labels: { alertname: 'Down', thing: 'b' } });
  const postponed = await triage(road.delivery(road.alert(), silent), road.road);
  expect(postponed).toEqual([silent]);
  expect(road.rings).toHaveLength(1);
  road.things.set('b', { uid: 'u2', symptoms: ['down'], instance: 1 });
  road.kind.confirm = confirm;
  expect(await triage(road.delivery(...postponed), road.road, false)).toEqual([]);
  expect(road.rings).toHaveLength(2);
  expect(await decisions(road)).toEqual([
    { decision: 'recover', reason: 'down answers it', alerts: 1 },
    { decision: 'recover', reason: 'down answers it', alerts: 1 },
  ]);
});

test('alerts about one thing share one look at its platform', async () => {
  const road = testRoad();
  let looks = 0;
  const { confirm } = road.kind;
  road.kind.confirm = async (candidate, clients) => ((looks += 1), confirm(candidate, clients));
  await triage(road.delivery(...Array.from({ length: 40 }, (_, i) => road.alert({ fingerprint: `f${i}` }))), road.road);
  expect(looks).toBe(1);
  expect(road.rings).toHaveLength(1);
});

test('a delivery that waited longer than freshness starts nothing', async () => {
  const road = testRoad();
  const delivery = { ...road.delivery(road.alert()), receivedAt: road.clock.now() - 601_000 };
  await triage(delivery, road.road);
  expect(road.rings).toEqual([]);
  expect((await decisions(road))[0]?.reason).toContain('it waited 601 s with us, longer than freshness');
});

test('every alert of a large delivery is in the count of a decision', async () => {
  const road = testRoad();
  const alerts = Array.from({ length: 300 }, (_, i) =>
    road.alert({ fingerprint: `f${i % 200}`, alertname: `A${i % 10}`, labels: { alertname: `A${i % 10}` } }),
  );
  await triage(road.delivery(...alerts), road.road);
  expect((await decisions(road)).reduce((sum, one) => sum + one.alerts, 0)).toBe(300);
});

test('an object may narrow what is done to it to observing', async () => {
  const road = testRoad();
  const { confirm } = road.kind;
  road.kind.confirm = async (candidate, clients) => {
    const found = await confirm(candidate, clients);
    return 'key' in found ? { ...found, mode: 'observe' } : found;
  };
  await triage(road.delivery(road.alert()), road.road);
  const recovery = await road.road.store.recovery(road.rings[0]?.recovery ?? '');
  expect(recovery?.procedure.mode).toBe('observe');
});

test('one alert that fails costs no other its decision', async () => {
  const road = testRoad();
  const { confirm } = road.kind;
  road.kind.confirm = async (candidate, clients) => {
    if (candidate.by['name'] === 'a') throw new Error('a bug of ours');
    return confirm(candidate, clients);
  };
  const bad = road.alert();
  const others = Array.from({ length: 60 }, (_, i) =>
    road.alert({ fingerprint: `g${i}`, alertname: 'Up', labels: { alertname: 'Up' } }),
  );
  await expect(triage(road.delivery(bad, ...others), road.road)).rejects.toThrow('a bug of ours');
  expect(await decisions(road)).toHaveLength(60);
});

test('the bells of a large group wait for its last decision, and one that fails keeps none from ringing', async () => {
  const road = testRoad();
  const names = Array.from({ length: 60 }, (_, index) => `t${index}`);
  for (const name of names) road.things.set(name, { uid: name, symptoms: ['down'], instance: 1 });
  const decidedAtRing: number[] = [];
  road.road.bell.ring = async () => {
    decidedAtRing.push(road.events.filter(({ event }) => event === 'decided').length);
  };
  const { confirm } = road.kind;
  road.kind.confirm = async (candidate, clients) => {
    if (candidate.by['name'] === 't7') throw new Error('a mistake of ours');
    return confirm(candidate, clients);
  };
  const alerts = names.map((thing) => road.alert({ fingerprint: thing, labels: { alertname: 'Down', thing } }));
  await expect(triage(road.delivery(...alerts), road.road)).rejects.toThrow('a mistake of ours');
  expect(decidedAtRing).toEqual(Array.from({ length: 59 }, () => 59));
});
