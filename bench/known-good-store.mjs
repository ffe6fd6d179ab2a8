// Figures of the known-good memory alone: the first sync of 5,000 objects into Redis, 10 versions of each, what Redis takes
// for that, the load at the next start, and the processor time at 10 changes a second.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { openPlaceSession } from '../dist/known-good/keep/place-session.js';
import { createMemory } from '../dist/known-good/keep/memory.js';
import { createRedisKnownGood } from '../dist/store/redis-known-good.js';
import { startRedis } from './redis.mjs';

const objects = 5_000;
const versions = 10;
const place = 'kubernetes/bench';
const keyOf = (n) => `${place}/shop-${n % 50}/${n % 5 === 0 ? 'deployment' : 'configmap'}/thing-${n}`;
const word = () => randomBytes(6).toString('hex');
const fixed = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`SETTING_${n}`, `a value that stays ${n}`]));
/** About 1.8 KB of JSON, a third of it random. */
const content = () => ({
  metadata: { labels: { app: word() } },
  data: { ...fixed, ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`RANDOM_${n}`, word()])) },
});
const object = (n) => ({
  key: keyOf(n),
  content: content(),
  version: {
    hash: randomBytes(16).toString('hex'),
    at: 0,
    by: 'kubectl-client-side-apply',
    uid: `0f8fad5b-d9cb-469f-a165-${String(n).padStart(12, '0')}`,
  },
});

const server = await startRedis();
const redis = new Redis(server.socket);
const store = createRedisKnownGood(redis);
const memory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]) / 2 ** 20;
let now = Date.now();
const clock = { now: () => now, sleep: async () => undefined };
const options = {
  store,
  clock,
  afterMs: 60_000,
  blameMs: 3_600_000,
  most: 10,
  versions,
  leaseMs: 600_000,
  beatMs: 2_000,
};
const timed = async (what, run) => {
  const [began, used] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(used);
  console.log(
    `${what}: ${Math.round(performance.now() - began)} ms, ${Math.round((user + system) / 1000)} ms of our processor`,
  );
  return result;
};
const begin = async (holder) => {
  await store.beat({
    place,
    holder,
    written: 0,
    begins: true,
    leaseMs: 600_000,
    at: now,
    current: { ok: false, reason: 'it begins' },
  });
  return openPlaceSession(place, holder, options);
};

const empty = await memory();
const session = await begin('one');
await timed(`first sync of ${objects} objects`, () => {
  for (let n = 0; n < objects; n += 1) session.recorder.seen(object(n));
  for (let n = 0; n < objects; n += 5) {
    const graph = Array.from({ length: 10 }, (_, m) => ({
      key: keyOf(n + m),
      distance: m === 0 ? 0 : 1,
      why: 'envFrom of container app',
    }));
    session.recorder.graph(keyOf(n), graph);
    session.recorder.health(keyOf(n), now);
  }
  session.recorder.current();
  return session.tick();
});
for (let version = 1; version < versions; version += 1) {
  // Each of them was known-good, and is kept.
  for (const until = now + 61_000; now < until; now += 10_000) await session.tick();
  for (let n = 0; n < objects; n += 1) session.recorder.seen(object(n));
  await session.tick();
}
for (const until = now + 61_000; now < until; now += 10_000) await session.tick();
console.log(
  `Redis: ${((await memory()) - empty).toFixed(1)} MB for ${versions} versions of each and ${objects / 5} targets with as many known-goods; by our own count ${((await store.bytes()) / 2 ** 20).toFixed(1)} MB`,
);
await timed('600 ticks of 1 s with 10 changes each', async () => {
  for (let second = 0; second < 600; second += 1) {
    now += 1_000;
    for (let n = 0; n < 10; n += 1) session.recorder.seen(object((second * 10 + n) % objects));
    for (let n = 0; n < 4; n += 1) await session.tick();
  }
});
await timed('all of one target read', () => createMemory(store, clock).remembered(keyOf(0)));
await session.close();
global.gc?.();
const before = process.memoryUsage().heapUsed;
const again = await timed('load at the next start', () => begin('two'));
global.gc?.();
console.log(`memory of it: ${((process.memoryUsage().heapUsed - before) / 2 ** 20).toFixed(1)} MB`);
await again.close();
redis.disconnect();
await server.stop();
