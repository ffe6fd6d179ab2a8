import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Page } from '../domain/page.ts';
import type { Store } from '../domain/store.ts';
import type { keys } from './keys.ts';

type Pages = Pick<Store, 'openPage' | 'pages' | 'endPage' | 'forgetPage'>;
type Call = (script: 'endPage' | 'forgetPage', input: Record<string, unknown>) => Promise<Record<string, unknown>>;

const strings = z.record(z.string(), z.string());
const page = z
  .object({
    recovery: z.string(),
    labels: strings,
    annotations: strings,
    startsAt: z.number(),
    episodes: z.array(z.string()).default([]),
    over: z.string().optional(),
  })
  .transform(({ over, ...rest }): Page => ({ ...rest, ...(over !== undefined && { over }) }));

/** Calls for a human that are not over, or whose end has not been told yet. Part of the store on Redis. */
export function redisPages(redis: Redis, key: ReturnType<typeof keys>, call: Call): Pages {
  return {
    async openPage(opened) {
      await redis.hset(key.pages, opened.recovery, JSON.stringify(opened));
    },
    async pages() {
      return (await redis.hvals(key.pages)).map((row) => page.parse(JSON.parse(row)));
    },
    endPage: async (recovery, over) => (await call('endPage', { recovery, over }))['ended'] === true,
    async forgetPage({ recovery, startsAt }) {
      await call('forgetPage', { recovery, startsAt });
    },
  };
}
