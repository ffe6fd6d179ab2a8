import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Recovery } from '../domain/recovery.ts';
import type { Answered, Store } from '../domain/store.ts';
import type { keys } from './keys.ts';

type Approvals = Pick<Store, 'ask' | 'approve' | 'dismiss' | 'cancel' | 'openManual' | 'recoveries'>;
type Script = 'ask' | 'approve' | 'cancel' | 'openManual' | 'finish';
type Call = (script: Script, input: Record<string, unknown>) => Promise<Record<string, unknown>>;

const answered = z.union([z.object({ attempt: z.number() }), z.object({ refused: z.string() })]);
const cancelled = z.union([
  z.object({ attempt: z.number() }),
  z
    .object({ refused: z.string(), waits: z.boolean().optional() })
    .transform(({ refused, waits = false }) => ({ refused, waits })),
]);
const opened = z.union([z.object({ recovery: z.string() }), z.object({ refused: z.string() })]);

/** One for each call: the client sends a call again whose answer it has lost. */
const newToken = (): string => randomBytes(8).toString('hex');

/** Recoveries that wait for a human, and what humans say of them. Part of the store on Redis. */
export function redisApprovals(
  redis: Redis,
  key: ReturnType<typeof keys>,
  call: Call,
  read: (id: string) => Promise<Recovery | undefined>,
): Approvals {
  return {
    async ask(run, question, approvedAt = 0) {
      const { reason } = question;
      const answer = await call('ask', { ...run, question: JSON.stringify(question), reason, approvedAt });
      return answer['asked'] === true;
    },
    approve: async (recovery, by, now, asked) =>
      answered.parse(await call('approve', { recovery, by, now, asked, token: newToken() })),
    cancel: async (recovery, by, reason) =>
      cancelled.parse(await call('cancel', { recovery, by, reason, token: newToken() })),

    async dismiss(recovery, outcome, now, asked): Promise<Answered> {
      const found = await read(recovery);
      if (found === undefined) return { refused: `there is no recovery ${recovery}` };
      const { attempt } = found;
      const { result, reason, retryAfterMs } = outcome;
      const answer = await call('finish', {
        recovery,
        attempt,
        run: '',
        token: newToken(),
        made: -1,
        now,
        asked,
        result,
        reason,
        waits: false,
        onlyWaiting: true,
        outcome: JSON.stringify(outcome),
        ...(retryAfterMs !== undefined && { retryAt: now + retryAfterMs }),
      });
      if (answer['other'] === true) {
        return { refused: 'This is not the question any more that you were shown: look at it again' };
      }
      const is = found.state === 'ended' ? 'has ended' : 'is under way';
      return answer['waits'] === false ? { refused: `${recovery} does not wait for approval: it ${is}` } : { attempt };
    },

    async openManual({ target, procedure, manual, now, config }) {
      const recovery = `r_${randomBytes(8).toString('hex')}`;
      const texts = {
        target: JSON.stringify(target),
        procedure: JSON.stringify(procedure),
        manual: JSON.stringify(manual),
      };
      return opened.parse(await call('openManual', { recovery, targetKey: target.key, now, config, ...texts }));
    },

    async recoveries(limit) {
      const ids = await redis.zrevrange(key.recoveries, 0, limit - 1);
      return (await Promise.all(ids.map(read))).filter((found) => found !== undefined);
    },
  };
}
