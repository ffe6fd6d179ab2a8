import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { mendLeft } from '../../src/backups/mend-left.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { startRedis, type RedisServer } from '../harness/redis.ts';

let server: RedisServer;
let connection: Redis;
beforeAll(async () => {
  server = await startRedis();
  connection = new Redis(server.url);
});
afterAll(async () => {
  connection.disconnect();
  await server.stop();
});
beforeEach(() => connection.flushall());

const sources: Record<string, { container: string }> = {
  cache: { container: 'docker/edge/container/cache' },
  'cache-nightly': { container: 'docker/edge/container/cache' },
  sessions: { container: 'docker/edge/container/sessions' },
};
async function mendCache(open: readonly { source: string; work: 'restore' | 'drill' }[], own?: string, mayMend = true) {
  const store = createRedisBackups(connection);
  for (const { source, work } of open)
    await store.open({
      id: `u_${source}`,
      work,
      source,
      repository: 'main',
      trigger: { by: 'hand', who: 'ana' },
      state: 'waiting',
      openedAt: 1,
      bytes: 0,
    });
  return mendLeft(
    { name: 'cache', kind: 'redis', params: sources['cache'] },
    {
      store,
      clients: () => ({ docker: new Map(), kubernetes: new Map() }),
      kind: () => ({ mend: async () => 'it follows nobody again' }),
      source: (name) => (sources[name] ? { params: sources[name] } : undefined),
      mayMend: () => mayMend,
    },
    own,
  );
}

it.each([
  ['of the source itself', 'cache'],
  ['of another source about the same container', 'cache-nightly'],
])('what a restore %s is about is left to it', async (_what, source) => {
  expect(await mendCache([{ source, work: 'restore' }])).toEqual({ looked: false });
});

it('what no restore is about any more is put right, unless nothing may be written', async () => {
  const others = [
    { source: 'sessions', work: 'restore' },
    { source: 'forgotten', work: 'restore' },
    { source: 'cache-nightly', work: 'drill' },
  ] as const;
  const mended = { looked: true, mended: 'it follows nobody again' };
  expect(await mendCache(others)).toEqual(mended);
  expect(await mendCache([{ source: 'cache', work: 'restore' }], 'u_cache')).toEqual(mended);
  expect(await mendCache([], 'u_cache', false)).toEqual({ looked: false });
});
