import { expect, test } from 'vitest';
import type { Outcome } from '../../src/domain/recovery.ts';
import type { Store } from '../../src/domain/store.ts';
import { upkeep } from '../../src/upkeep.ts';
import { maxBytes } from '../../src/store/keys.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { alert, decideInput, minute, news, plan, t0 } from '../fakes/store-on-redis.ts';
import { roadsOnRedis, start } from '../fakes/road-on-redis.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const day = 86_400_000;
const testRoad = roadsOnRedis();
const { redis } = redisOfFile();
let count = 0;
const freshStore = (decisions: number): Store =>
  createRedisStore(redis(), `bytes${(count += 1)}:`, { ...maxBytes, decisions });
const keysOf = (pattern: string) => redis().keys(`bytes${count}:${pattern}`);

const bytesOf = async (store: Store): Promise<number> =>
  (await store.usage()).find(({ part }) => part === 'decisions')?.bytes ?? -1;
const failed: Outcome = { result: 'not-recovered', reason: 'nothing helped' };

/** A whole recovery, its journal of about 2 KB, at that minute; its episode closes a minute later, if it does. */
async function recover(store: Store, n: number, closes = true): Promise<{ episode: string; recovery: string }> {
  const target = { kind: 'container', key: `docker/local/container/web-${n}`, uid: `u${n}` };
  const one = alert(`f${n}`, { startsAt: t0 + n * minute });
  const input = decideInput(one, t0 + n * minute);
  const { episode, decision } = await store.decide({ ...input, decision: { ...input.decision, target } });
  const recovery = decision.recovery ?? '';
  const run = { recovery, attempt: 1, run: 'run' };
  await store.begin(run, 0);
  const entry = { step: 0, candidate: 0, phase: 'planned', at: t0, plan, before: 'x'.repeat(2_000) } as const;
  await store.journal(run, entry);
  await store.end(run, failed, 0, t0 + n * minute + 1_000);
  const endsAt = t0 + (n + 1) * minute;
  if (closes) await store.resolved(news({ ...one, status: 'resolved', endsAt }, endsAt));
  return { episode, recovery };
}

test('what decisions take is counted with their recoveries, once, however often', async () => {
  const store = freshStore(1e9);
  expect(await bytesOf(store)).toBe(0);
  await recover(store, 0);
  await store.trim(t0 + 2 * minute);
  const one = await bytesOf(store);
  expect(one).toBeGreaterThan(2_500);
  expect(one).toBeLessThan(12_000);
  await store.trim(t0 + 3 * minute);
  expect(await bytesOf(store)).toBe(one);
  for (const n of [1, 2, 3]) await recover(store, n);
  await store.trim(t0 + 5 * minute);
  expect(await bytesOf(store)).toBeGreaterThan(3.5 * one);
  expect(await bytesOf(store)).toBeLessThan(4.5 * one);
});

test('a recovery that grows after its decision was counted is counted anew', async () => {
  const store = freshStore(1e9);
  const { decision } = await store.decide(decideInput(alert('f1'), t0));
  await recover(store, 5);
  await store.trim(t0 + 6 * minute);
  const before = await bytesOf(store);
  const run = { recovery: decision.recovery ?? '', attempt: 1, run: 'run' };
  await store.begin(run, 0);
  await store.journal(run, { step: 0, candidate: 0, phase: 'planned', at: t0, plan, before: 'x'.repeat(50_000) });
  await store.trim(t0 + 30 * minute);
  expect(await bytesOf(store)).toBeGreaterThan(before + 50_000);
});

test('above the limit the oldest go, with all that is theirs; what is open stays', async () => {
  const store = freshStore(30_000);
  const open = await recover(store, 0, false);
  const all = [];
  for (let n = 1; n <= 20; n++) all.push(await recover(store, n));
  await store.trim(t0 + 30 * minute);
  expect(await bytesOf(store)).toBeLessThanOrEqual(30_000);
  expect(await bytesOf(store)).toBeGreaterThan(15_000);
  const left = (await store.decisions(100)).map(({ episode }) => episode);
  const newest = all.toReversed().map(({ episode }) => episode);
  expect(left).toEqual([...newest.slice(0, left.length - 1), open.episode]);
  expect(left.length).toBeGreaterThan(3);
  expect(left.length).toBeLessThan(15);
  const gone = all[0];
  if (gone === undefined) throw new Error('there is none');
  expect(await store.recovery(gone.recovery)).toBeUndefined();
  expect(await store.decisionsOf('f1')).toEqual([]);
  for (const id of [gone.episode, gone.recovery]) expect(await keysOf(`*${id}*`)).toEqual([]);
  expect((await store.recoveries(100)).map(({ id }) => id)).not.toContain(gone.recovery);
  // The same alert again is news.
  expect(await store.heard(news(alert('f1', { startsAt: t0 + 40 * minute }), t0 + 41 * minute))).toEqual({
    news: 'new',
  });
});

test('a recovery that a human has to acknowledge stays, and can be', async () => {
  const store = freshStore(1);
  const paged = await recover(store, 1);
  const other = await recover(store, 2);
  const page = { recovery: paged.recovery, labels: {}, annotations: {}, startsAt: t0, episodes: [paged.episode] };
  await store.openPage(page);
  await store.trim(t0 + 5 * minute);
  expect(await store.decisions(10)).toEqual([]);
  expect(await store.recovery(other.recovery)).toBeUndefined();
  expect(await store.recovery(paged.recovery)).toMatchObject({ id: paged.recovery });
});

test('a decision that several alerts share one recovery with takes it along only as the last', async () => {
  const store = freshStore(1e9);
  const first = await store.decide(decideInput(alert('f1'), t0));
  await store.decide(decideInput(alert('f2', { alertname: 'Unhealthy' }), t0 + minute));
  const recovery = first.decision.recovery ?? '';
  await store.trim(t0 + 2 * minute);
  const both = await bytesOf(store);
  await store.begin({ recovery, attempt: 1, run: 'run' }, 0);
  await store.end({ recovery, attempt: 1, run: 'run' }, failed, 0, t0 + 3 * minute);
  await store.resolved(news(alert('f1', { status: 'resolved', endsAt: t0 + 4 * minute }), t0 + 4 * minute));
  const small = createRedisStore(redis(), `bytes${count}:`, { ...maxBytes, decisions: both / 2 });
  await small.trim(t0 + 5 * minute);
  expect((await small.decisions(10)).map(({ alertname }) => alertname)).toEqual(['Unhealthy']);
  expect(await small.recovery(recovery)).toMatchObject({ id: recovery });
});

test('30 days after its episode has closed a decision is counted no more', async () => {
  const store = freshStore(1e9);
  const { episode } = await recover(store, 1);
  await recover(store, 2);
  await store.trim(t0 + 5 * minute);
  const both = await bytesOf(store);
  // What Redis does by its own clock.
  await redis().del(`bytes${count}:decision:${episode}`);
  await store.trim(t0 + 31 * day);
  expect(await bytesOf(store)).toBeLessThan(both * 0.6);
  expect(await store.decisions(10)).toHaveLength(1);
});

test('upkeep tells what is kept, and how many recoveries ask a human', async () => {
  const { road, ...more } = testRoad();
  const recovery = await start({ road, ...more });
  const run = { recovery, attempt: 1, run: 'run' };
  await road.store.begin(run, 0);
  const question = { action: 'fix/thing', step: 0, candidate: 0, plan, reason: 'approve', at: t0, expiresAt: t0 * 2 };
  expect(await upkeep(road)).toMatchObject({ openRecoveries: 1, awaitingApproval: 0 });
  await road.store.ask(run, question);
  await road.store.record({ at: t0, who: 'ann', what: 'paused', text: 'global' });
  const told = await upkeep(road);
  expect(told).toMatchObject({ openRecoveries: 1, awaitingApproval: 1 });
  const usage = new Map(told.usage.map(({ part, ...rest }) => [part, rest]));
  expect(usage.get('decisions')?.maxBytes).toBe(64 * 2 ** 20);
  expect(usage.get('decisions')?.bytes).toBeGreaterThan(500);
  expect(usage.get('audit')?.maxBytes).toBe(32 * 2 ** 20);
  expect(usage.get('audit')?.bytes).toBeGreaterThan(0);
});
