import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type AuditEntry, deeds } from '../domain/audit.ts';
import type { Store } from '../domain/store.ts';
import { keepMs, type keys } from './keys.ts';

/** Characters of a text, and how many texts of a list: what is recorded is bounded, whoever said it. */
const longest = 2_000;
const most = 50;
/** How many are read at a time. */
const page = 500;

const verdict = z
  .object({ ok: z.boolean(), reason: z.string(), retryAfterMs: z.number().optional() })
  .transform(({ ok, reason, retryAfterMs }) => {
    if (ok) return { ok, reason };
    return { ok, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  });
const schema = z
  .object({
    at: z.number(),
    who: z.string(),
    what: z.enum(deeds),
    recovery: z.string().optional(),
    target: z.string().optional(),
    text: z.string(),
    plan: z.object({ summary: z.string(), touches: z.array(z.string()) }).optional(),
    verdicts: z.array(z.object({ kind: z.string(), verdict })).optional(),
  })
  .transform(({ recovery, target, plan, verdicts, ...rest }): AuditEntry => ({
    ...rest,
    ...(recovery !== undefined && { recovery }),
    ...(target !== undefined && { target }),
    ...(plan && { plan }),
    ...(verdicts && { verdicts }),
  }));

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text).toWellFormed();

const bounded = (entry: AuditEntry): AuditEntry => ({
  ...entry,
  who: cut(entry.who),
  text: cut(entry.text),
  ...(entry.plan && {
    plan: { summary: cut(entry.plan.summary), touches: entry.plan.touches.slice(0, most).map(cut) },
  }),
  ...(entry.verdicts && {
    verdicts: entry.verdicts
      .slice(0, most)
      .map(({ kind, verdict: said }) => ({ kind, verdict: { ...said, reason: cut(said.reason) } })),
  }),
});

/**
 * Who did what: a stream that is only ever added to. No entry of it is changed or taken out; the oldest go by their age,
 * and when all of them take more than `maxBytes`. Part of the store on Redis.
 */
export function redisAudit(redis: Redis, key: ReturnType<typeof keys>, maxBytes: number) {
  const bytes = async (): Promise<number> => (await redis.memory('USAGE', key.audit, 'SAMPLES', 0)) ?? 0;
  const store: Pick<Store, 'record' | 'audit'> = {
    async record(entry) {
      await redis.xadd(key.audit, '*', 'entry', JSON.stringify(bounded(entry)));
    },
    async audit({ since, limit }) {
      const found: AuditEntry[] = [];
      // Its ids are Redis' time, the entries' own times are ours: several workers may have added them in another order.
      for (let before = '+'; found.length < limit;) {
        const rows = await redis.xrevrange(key.audit, before, '-', 'COUNT', page);
        const entries = rows.map(([, fields]) => schema.parse(JSON.parse(fields[1] ?? '{}')));
        const recent = entries.filter(({ at }) => at >= since);
        found.push(...recent);
        const last = rows.at(-1);
        if (last === undefined || rows.length < page || recent.length === 0) break;
        before = `(${last[0]}`;
      }
      return found.slice(0, limit);
    },
  };
  return {
    store,
    bytes,
    async trim(now: number): Promise<void> {
      await redis.xtrim(key.audit, 'MINID', '~', now - keepMs);
      for (let used = await bytes(); used > maxBytes; used = await bytes()) {
        const length = await redis.xlen(key.audit);
        // Some to spare, so that it is not trimmed by one entry at a time.
        await redis.xtrim(key.audit, 'MAXLEN', Math.floor(((length * maxBytes) / used) * 0.95));
        if (length <= 1) return;
      }
    },
  };
}
