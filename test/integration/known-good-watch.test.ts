import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KnownGoodStore } from '../../src/domain/known-good-store.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { createMemory } from '../../src/known-good/keep/memory.ts';
import { runWatches } from '../../src/known-good/keep/run-watches.ts';
import type { PlatformWatch, Recorder } from '../../src/known-good/recorder.ts';
import { createRedisKnownGood } from '../../src/store/redis-known-good.ts';
import { graphOfWeb, object, place, settings, web } from '../fakes/known-good-scene.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

const until = { timeout: 20_000, interval: 20 };
let server: RedisServer;
const undone: (() => Promise<unknown> | void)[] = [];

beforeEach(async () => {
  server = await startRedis();
  undone.push(() => server.stop());
});
afterEach(async () => {
  for (const undo of undone.splice(0).toReversed()) await undo();
});

function connect() {
  const redis = new Redis(server.url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: () => 50,
    commandTimeout: 1_500,
  });
  redis.on('error', () => undefined);
  undone.push(() => redis.disconnect());
  const store = createRedisKnownGood(redis);
  return { redis, store, memory: createMemory(store, realClock) };
}

/** A process that watches a healthy platform, as soon as nobody else does. */
async function start(leaseMs = 15_000) {
  const { redis, store, memory } = connect();
  await vi.waitFor(() => redis.ping(), until);
  const stop = new AbortController();
  const errors: string[] = [];
  let hangs = false;
  const answers = (): void => {
    if (hangs) throw new Error('Redis hangs');
  };
  const reached: KnownGoodStore = {
    ...store,
    async beat(beat) {
      answers();
      return store.beat(beat);
    },
    async write(watcher, writes) {
      answers();
      return store.write(watcher, writes);
    },
  };
  let recorder: Recorder | undefined;
  const watch: PlatformWatch = {
    place,
    async run(told, signal) {
      recorder = told;
      for (const kind of ['deployment', 'configmap', 'service', 'node']) {
        const keys = graphOfWeb.map(({ key }) => key).filter((key) => key.split('/').at(-2) === kind);
        told.replaced(
          kind,
          keys.map((key) => object(key, 'a')),
        );
      }
      told.graph(web, graphOfWeb);
      told.health(web, Date.now() - 1_000);
      told.current();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      recorder = undefined;
    },
  };
  const options = {
    store: reached,
    clock: realClock,
    afterMs: 300,
    leaseMs,
    onError: (error: unknown) => errors.push(String(error)),
  };
  const ended = runWatches([watch], options, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  undone.push(end);
  return {
    memory,
    redis,
    errors,
    hang: (is: boolean) => void (hangs = is),
    end,
    recorder: () => recorder,
    knownGoods: async () => (await memory.remembered(web))?.knownGoods ?? [],
  };
}
type Process = Awaited<ReturnType<typeof start>>;

const stamped = (process: Process) =>
  vi.waitFor(async () => {
    const [good] = await process.knownGoods();
    if (good === undefined) throw new Error('there is no known-good yet');
    return good;
  }, until);

it('what is seen healthy is remembered, with its contents', async () => {
  const process = await start();
  const good = await stamped(process);
  const remembered = await process.memory.remembered(web);
  expect(remembered?.current).toEqual({ ok: true, reason: 'kubernetes/prod is watched' });
  expect(remembered?.graph).toEqual(graphOfWeb);
  expect(good.objects[settings]).toBe('a');
  const contents = await process.memory.contents([{ key: settings, hash: 'a' }]);
  expect([...contents.values()]).toEqual([{ says: 'a' }]);
});

it('a restart of ours, and of Redis, loses no known-good version', async () => {
  const before = await start();
  const good = await stamped(before);
  await server.restart();
  const during = await vi.waitFor(async () => {
    const [one] = await before.knownGoods();
    return one;
  }, until);
  expect(during).toMatchObject({ id: good.id, stampedAt: good.stampedAt });

  before.recorder()?.seen(object(settings, 'b'));
  await vi.waitFor(async () => {
    const seen = await before.memory.remembered(web);
    expect(seen?.objects.get(settings)?.versions.map(({ hash }) => hash)).toEqual(['b', 'a']);
  }, until);
  await before.end();
  expect((await before.memory.remembered(web))?.current.ok).toBe(false);

  const after = await start();
  await vi.waitFor(async () => expect((await after.memory.remembered(web))?.current.ok).toBe(true), until);
  expect((await after.knownGoods()).map(({ id, stampedAt }) => ({ id, stampedAt }))).toContainEqual({
    id: good.id,
    stampedAt: good.stampedAt,
  });
  expect((await after.memory.contents([{ key: settings, hash: 'a' }])).size).toBe(1);
});

it('what is told while Redis is away is written when it is back, and is said once', async () => {
  const process = await start();
  const good = await stamped(process);
  await server.kill();
  process.recorder()?.seen(object(settings, 'b'));
  await vi.waitFor(() => expect(process.errors).toHaveLength(1), until);
  process.recorder()?.seen(object(settings, 'c'));
  await server.restart();
  await vi.waitFor(async () => {
    const seen = await process.memory.remembered(web);
    expect(seen?.objects.get(settings)?.versions[0]?.hash).toBe('c');
  }, until);
  expect((await process.knownGoods()).map(({ id }) => id)).toContain(good.id);
  expect(process.errors).toHaveLength(1);
});

it('what Redis has lost of what it had written is told again', async () => {
  const process = await start();
  await stamped(process);
  const first = process.recorder();
  await process.redis
    .multi()
    .del(`paramedic:kg:object:${settings}`)
    .hincrby(`paramedic:kg:watch:${place}`, 'written', -1)
    .exec();
  await vi.waitFor(async () => {
    const seen = await process.memory.remembered(web);
    expect(seen?.objects.get(settings)?.versions[0]?.hash).toBe('a');
  }, until);
  expect(process.recorder()).not.toBe(first);
  expect((await process.memory.contents([{ key: settings, hash: 'a' }])).size).toBe(1);
});

it('one of two watches, and the other takes over when it ends', async () => {
  const one = await start();
  await stamped(one);
  const other = await start();
  await vi.waitFor(async () => expect(await other.knownGoods()).toHaveLength(1), until);
  expect(other.recorder()).toBeUndefined();
  await one.end();
  await vi.waitFor(() => expect(other.recorder()).toBeDefined(), until);
  await vi.waitFor(async () => expect((await other.memory.remembered(web))?.current.ok).toBe(true), until);
  expect(await other.knownGoods()).toHaveLength(1);
});

it('one that could not say that it watches stops when another one has begun', async () => {
  const one = await start(600);
  await stamped(one);
  const other = await start(600);
  // It hangs for longer than its lease.
  one.hang(true);
  const stale = one.recorder();
  await vi.waitFor(() => expect(other.recorder()).toBeDefined(), until);
  stale?.seen(object(settings, 'of the one that was replaced'));
  one.hang(false);
  await vi.waitFor(() => expect(one.recorder()).toBeUndefined(), until);
  const seen = await other.memory.remembered(web);
  expect(seen?.objects.get(settings)?.versions.map(({ hash }) => hash)).toEqual(['a']);
});
