import { expect, test } from 'vitest';
import { createTestRoad } from '../../test/fakes/road.ts';
import type { AlertmanagerReading } from '../domain/clients.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { targets } from '../targets/index.ts';
import { createFiring } from './firing.ts';

const { signal } = new AbortController();
const listed = (labels: Record<string, string>, state: 'active' | 'suppressed' = 'active') => ({
  fingerprint: JSON.stringify(labels),
  labels,
  annotations: {},
  startsAt: 1,
  state,
  suppressedBy: [],
  receivers: [],
});

/** A road whose Alertmanager answers when it is told to. */
function scene() {
  const { road, clock, clients, config } = createTestRoad(createMemoryStore());
  const waiting: ((reading: AlertmanagerReading) => void)[] = [];
  clients.alertmanager = { list: () => new Promise((resolve) => void waiting.push(resolve)) };
  const answer = (reachable: number, ...labels: Record<string, string>[]) =>
    waiting.at(-1)?.({ reachable, errors: ['it is down'], alerts: labels.map((one) => listed(one)) });
  return { road, clock, clients, config, answer, waiting };
}

test('fifty recoveries that ask at once, and those within a second after, get one reading', async () => {
  const { road, clock, answer, waiting } = scene();
  const asked = Array.from({ length: 50 }, () => createFiring(road, signal)());
  answer(1, { alertname: 'Down' });
  const lists = await Promise.all(asked);
  expect(new Set(lists).size).toBe(1);
  await clock.sleep(900);
  expect(await createFiring(road, signal)()).toBe(lists[0]);
  expect(waiting).toHaveLength(1);
  await clock.sleep(200);
  const later = createFiring(road, signal)();
  answer(1);
  expect(await later).toEqual([]);
  expect(waiting).toHaveLength(2);
});

test('one that failed is told to all who waited, and asked anew by the next', async () => {
  const { road, answer } = scene();
  const asked = [createFiring(road, signal)(), createFiring(road, signal)()];
  answer(0);
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected');
  const next = createFiring(road, signal)();
  answer(1);
  expect(await next).toEqual([]);
});

test('who gives up takes nothing away from the others', async () => {
  const { road, answer } = scene();
  const gone = new AbortController();
  const first = createFiring(road, gone.signal)();
  const second = createFiring(road, signal)();
  gone.abort(new Error('stopped'));
  answer(1);
  await expect(first).rejects.toThrow('stopped');
  expect(await second).toEqual([]);
});

test('a Deployment and its pods are one workload, and where it is is told', async () => {
  const { road, config, answer } = scene();
  Object.assign(config, { kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] });
  const asked = createFiring({ ...road, targets }, signal)();
  answer(
    1,
    { namespace: 'shop', deployment: 'web' },
    { namespace: 'shop', pod: 'web-7d9c5b6f4d-x2x9k' },
    { alertname: 'Watchdog' },
  );
  const workload = { namespace: 'shop', name: 'web' };
  expect((await asked).map(({ names }) => names)).toEqual([
    { kind: 'deployment', phrase: 'deployment "shop/web"', place: 'kubernetes/prod', workload },
    { kind: 'pod', phrase: 'workload shop/web', place: 'kubernetes/prod', workload },
    undefined,
  ]);
});
