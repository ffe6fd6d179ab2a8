import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { KeptEvidence } from '../domain/evidence.ts';
import type { Store } from '../domain/store.ts';
import type { keys } from './keys.ts';

type Call = (script: 'keepEvidence', input: Record<string, unknown>) => Promise<Record<string, unknown>>;

const pack = promisify(gzip);
const unpack = promisify(gunzip);
/** Far above what one evidence can come to: what is not ours can not fill our memory. */
const longest = { maxOutputLength: 16 * 2 ** 20 };

const evidence = z.object({
  at: z.number(),
  sections: z.array(z.object({ title: z.string(), text: z.string() })),
  missing: z.array(z.string()),
});

/** The evidence of recoveries, compressed, as base64 of gzip. Part of the store on Redis. */
export function redisEvidence(redis: Redis, key: ReturnType<typeof keys>, call: Call, maxBytes: number) {
  const read = async (attempt: string, text: string): Promise<KeptEvidence> => {
    const whole = await unpack(Buffer.from(text, 'base64'), longest);
    return { attempt: Number(attempt), ...evidence.parse(JSON.parse(whole.toString('utf8'))) };
  };
  const store: Pick<Store, 'keepEvidence' | 'evidence'> = {
    async keepEvidence(run, kept) {
      const text = (await pack(JSON.stringify(kept))).toString('base64');
      await call('keepEvidence', { ...run, text, now: kept.at, maxBytes });
    },
    async evidence(recovery) {
      const all = Object.entries(await redis.hgetall(key.evidence(recovery)));
      const found = await Promise.all(all.map(([attempt, text]) => read(attempt, text)));
      return found.toSorted((one, other) => other.attempt - one.attempt);
    },
  };
  return {
    store,
    /** What all of it takes. */
    bytes: async (): Promise<number> => Number((await redis.hget(key.evidenceBytes, 'total')) ?? 0),
  };
}
