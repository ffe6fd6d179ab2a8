import { describe, expect, test } from 'vitest';
import { Redis } from 'ioredis';
import { createRedisStore } from '../../src/store/redis-store.ts';
import type { Run, Store } from '../../src/domain/store.ts';
import { RunReplaced } from '../../src/domain/errors.ts';
import { decideInput, alert, minute, storeOnRedis, t0, web } from '../fakes/store-on-redis.ts';
import { startRedis } from '../harness/redis.ts';

const on = storeOnRedis();
const taken = (at: number, text = 'it is down') => ({ at, sections: [{ title: 'log', text }], missing: ['no node'] });

async function begun(store: Store, name: string, attempt = 1): Promise<Run> {
  const target = { ...web, key: `docker/local/container/${name}` };
  const news = decideInput(alert(`f-${name}`), t0);
  const decided = await store.decide({ ...news, decision: { ...news.decision, target } });
  const run = { recovery: decided.decision.recovery ?? '', attempt, run: `run-${name}` };
  await store.begin(run, 0);
  return run;
}

describe('evidence', () => {
  test('is kept with its attempt, whole, and another one of the same attempt takes its place', async () => {
    const run = await begun(on.store(), 'web');
    expect(await on.store().evidence(run.recovery)).toEqual([]);
    const text = 'ü😀\n'.repeat(20_000);
    await on.store().keepEvidence(run, taken(t0));
    await on.store().keepEvidence(run, taken(t0 + 1, text));
    expect(await on.store().evidence(run.recovery)).toEqual([{ attempt: 1, ...taken(t0 + 1, text) }]);
    await on.store().end(run, { result: 'failed', reason: 'x' }, 0, t0 + minute);
    const next = { ...run, attempt: 2, run: 'second' };
    await on.store().reopen(run.recovery, 1, next.run, t0 + minute);
    await on.store().begin(next, 1);
    await on.store().keepEvidence(next, taken(t0 + 2));
    expect((await on.store().evidence(run.recovery)).map(({ attempt, at }) => [attempt, at])).toEqual([
      [2, t0 + 2],
      [1, t0 + 1],
    ]);
  });

  test('of a run that was replaced is refused', async () => {
    const run = await begun(on.store(), 'web');
    await on.store().begin({ ...run, run: 'another' }, 0);
    await expect(on.store().keepEvidence(run, taken(t0))).rejects.toThrow(RunReplaced);
    expect(await on.store().evidence(run.recovery)).toEqual([]);
  });
});

test('the oldest evidence goes when all of it takes too much, or when it is 30 days old, and its key has an end', async () => {
  const server = await startRedis();
  const redis = new Redis(server.url);
  try {
    // What does not compress: some 8 KB each, as it is kept.
    const noise = () => Array.from({ length: 1_000 }, () => Math.random().toString(36).slice(2, 10)).join('');
    const store = createRedisStore(redis, 'e:', { evidence: 20_000 });
    const runs = await Promise.all(['a', 'b', 'c', 'd'].map((name) => begun(store, name)));
    for (const [index, run] of runs.entries()) await store.keepEvidence(run, taken(t0 + index, noise()));
    const kept = async () =>
      (await Promise.all(runs.map(({ recovery }) => store.evidence(recovery)))).map((all) => all.length);
    expect(await kept()).toEqual([0, 0, 1, 1]);
    const bytes = async () => (await store.usage()).find(({ part }) => part === 'evidence')?.bytes ?? 0;
    const used = await bytes();
    expect(used).toBeGreaterThan(10_000);
    expect(used).toBeLessThanOrEqual(20_000);
    const [first, , , last] = runs;
    if (first === undefined || last === undefined) throw new Error('there are four');
    expect(await redis.ttl(`e:recovery:${last.recovery}:evidence`)).toBe(30 * 86_400);

    await store.keepEvidence(first, taken(t0 + 31 * 86_400_000, 'short'));
    expect(await kept()).toEqual([1, 0, 0, 0]);
    expect(await bytes()).toBeLessThan(500);
    // One that alone is too much is kept all the same: it is what the human is to see.
    await store.keepEvidence(first, taken(t0 + 31 * 86_400_000, noise() + noise() + noise() + noise()));
    expect(await bytes()).toBeGreaterThan(20_000);
    expect(await kept()).toEqual([1, 0, 0, 0]);
  } finally {
    redis.disconnect();
    await server.stop();
  }
});
