import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Count } from '../domain/limit.ts';
import type { Pause } from '../domain/pause.ts';
import type { Store } from '../domain/store.ts';
import type { Storm } from '../domain/storm.ts';
import type { keys } from './keys.ts';

type Brakes = Pick<
  Store,
  'claim' | 'acknowledge' | 'latches' | 'pauses' | 'pause' | 'resume' | 'storm' | 'beginStorm' | 'endStorm' | 'troubled'
>;
type Call = (script: 'claim' | 'acknowledge', input: Record<string, unknown>) => Promise<Record<string, unknown>>;

// Redis' own JSON makes `{}` of an empty list.
const counted = z.object({
  counts: z.union([
    z.array(
      z.object({
        used: z.number(),
        by: z.string(),
        freeAt: z.number().optional(),
        latchedAt: z.number().optional(),
        newly: z.boolean().optional(),
      }),
    ),
    z.strictObject({}).transform(() => []),
  ]),
});
const pause = z.object({ scope: z.string(), by: z.string(), reason: z.string(), at: z.number() });
const storm = z.object({ at: z.number(), reason: z.string(), by: z.string() });

/** What holds recoveries back: limits, pauses, storms. Part of the store on Redis. */
export function redisBrakes(redis: Redis, key: ReturnType<typeof keys>, call: Call): Brakes {
  return {
    async claim(run, { limits, ...claim }) {
      if (limits.length === 0) return [];
      const { counts } = counted.parse(await call('claim', { ...run, ...claim, limits }));
      return limits.map((limit, index): Count => {
        const { used, by, freeAt, latchedAt, newly } = counts[index] ?? { used: limit.max, by: '' };
        return {
          limit,
          used,
          by: by === '' ? [] : by.split(' '),
          ...(freeAt !== undefined && { freeAt }),
          ...(latchedAt !== undefined && { latchedAt }),
          ...(newly && { newly }),
        };
      });
    },
    acknowledge: async (scopes, now) => (await call('acknowledge', { scopes, now }))['some'] === true,

    async latches() {
      const scopes = await redis.smembers(key.latches);
      const rows = await Promise.all(scopes.map((scope) => redis.hgetall(key.latched(scope))));
      return rows.flatMap(({ at, by }, index) =>
        at === undefined || by === undefined ? [] : [{ scope: scopes[index] ?? '', at: Number(at), by }],
      );
    },

    async pauses(): Promise<readonly Pause[]> {
      const rows = await redis.hvals(key.paused);
      return rows.map((row) => pause.parse(JSON.parse(row))).toSorted((x, y) => x.at - y.at);
    },
    async pause(paused) {
      await redis.hset(key.paused, paused.scope, JSON.stringify(paused));
    },
    resume: async (scope) => (await redis.hdel(key.paused, scope)) === 1,

    async storm(): Promise<Storm | undefined> {
      const row = await redis.get(key.storm);
      return row === null ? undefined : storm.parse(JSON.parse(row));
    },
    beginStorm: async (begun) => (await redis.set(key.storm, JSON.stringify(begun), 'NX')) === 'OK',
    async endStorm() {
      // What was in trouble until now is no reason for the next one, unless it still fires.
      const [ended] = (await redis.multi().del(key.storm).del(key.troubled).exec()) ?? [];
      return ended?.[1] === 1;
    },
    troubled: (since) => redis.zrangebyscore(key.troubled, `(${since}`, '+inf'),
  };
}
