import { expect, test } from 'vitest';
import type { AlertmanagerReading, ListedAlert } from '../../src/domain/clients.ts';
import { listing } from '../fakes/prometheus.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();

test('a target that is well, looked at for some seconds, is obsolete', async () => {
  const road = testRoad();
  Object.assign(road.things.get('a') ?? {}, { symptoms: [] });
  expect(await outcome(road)).toMatchObject({
    result: 'obsolete',
    reason: 'test/a is well, watched for 5 s: it got well by itself',
  });
});

test('a flapping one that was met at a lucky moment is not', async () => {
  const road = testRoad();
  Object.assign(road.things.get('a') ?? {}, { symptoms: [], unsettled: true });
  road.clock.after(20_000, () => Object.assign(road.things.get('a') ?? {}, { symptoms: ['down'] }));
  expect((await outcome(road)).result).toBe('recovered');
  expect(road.applied).toEqual(['fix 0']);
});

test('a target that was replaced is obsolete', async () => {
  const road = testRoad();
  const recovery = await start(road);
  Object.assign(road.things.get('a') ?? {}, { uid: 'u2' });
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'obsolete' } });
});

const listed = (more: Partial<ListedAlert> = {}): ListedAlert => ({
  fingerprint: 'f1',
  labels: { alertname: 'Down', thing: 'a' },
  annotations: {},
  startsAt: 0,
  state: 'active',
  suppressedBy: [],
  receivers: ['paramedic'],
  ...more,
});
const alertmanager = (...readings: Partial<AlertmanagerReading>[]) => ({
  list: async (): Promise<AlertmanagerReading> => ({
    reachable: 1,
    errors: [],
    alerts: [],
    ...(readings.length > 1 ? readings.shift() : readings[0]),
  }),
});

test('a silenced alert is not needed; one that Alertmanager lists as active is', async () => {
  const silenced = testRoad();
  silenced.clients.alertmanager = alertmanager({
    alerts: [listed({ state: 'suppressed', suppressedBy: ['silence 3f'] })],
  });
  expect(await outcome(silenced)).toMatchObject({
    result: 'obsolete',
    reason: 'the alert is suppressed in Alertmanager (silence 3f)',
  });
  const active = testRoad();
  active.clients.alertmanager = alertmanager({ alerts: [listed()] });
  expect((await outcome(active)).result).toBe('recovered');
});

test('an alert that is absent once may come back; absent twice it is gone', async () => {
  const back = testRoad();
  back.clients.alertmanager = alertmanager({}, { alerts: [listed()] });
  expect((await outcome(back)).result).toBe('recovered');
  const gone = testRoad();
  gone.clients.alertmanager = alertmanager({});
  expect(await outcome(gone)).toMatchObject({
    result: 'obsolete',
    reason: 'the alert is gone from Alertmanager (read twice)',
  });
  expect(gone.applied).toEqual([]);
});

test('with no Alertmanager to be reached nothing is done', async () => {
  const road = testRoad();
  road.clients.alertmanager = alertmanager({ reachable: 0, errors: ['a: refused'] });
  const recovery = await start(road);
  await expect(run(road, recovery)).rejects.toThrow('no Alertmanager answers: a: refused');
  expect(road.applied).toEqual([]);
});

test('a trouble that does not show on the object needs the alert gone from Prometheus', async () => {
  const road = testRoad();
  road.kind.showsOnObject = false;
  expect((await outcome(road)).reason).toContain('there is no Prometheus to ask');
  const asked = testRoad();
  asked.kind.showsOnObject = false;
  asked.clients.prometheus = listing(async () =>
    asked.clock.now() < asked.clock.start + 60_000 ? [{ thing: 'a' }] : [],
  );
  expect(await outcome(asked)).toMatchObject({ result: 'recovered' });
  expect(asked.clock.now() - asked.clock.start).toBeGreaterThanOrEqual(90_000);
});
