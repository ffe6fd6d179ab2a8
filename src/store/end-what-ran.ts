import type { Redis } from 'ioredis';
import { messageOf, UserError } from '../domain/errors.ts';
import type { Page } from '../domain/page.ts';
import type { Outcome, Recovery } from '../domain/recovery.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { ownNames } from './own-keys.ts';
import { createRedisBackups } from './redis-backups.ts';
import { createRedisStore } from './redis-store.ts';

/** What a store was brought back of. */
export interface BroughtBack {
  readonly point: RecoveryPoint;
  /** When its keys were read, ms since the epoch: of what came after that it knows nothing. */
  readonly readAt: number;
  /** ms since the epoch */
  readonly now: number;
  /** How a human is called for a recovery that has ended so. */
  readonly page: (recovery: Recovery, outcome: Outcome, now: number) => Page;
}

/**
 * Ends all that was under way when a store was backed up that has been brought back: what nobody has ended would be waited
 * for, and its targets kept from others, for ever. It is found by its records, for no list of what goes on is brought back.
 * The backup that made it was under way, too, and has come to what it is. A recovery ends at the moment that it was read at:
 * its end answers the alerts from before it, and those that came since are news. A human is called for each. Answers a sentence
 * for each, also for a record that can not be read, which is left as it is. Rejects when Redis does not answer.
 */
export async function endWhatRan(redis: Redis, { point, readAt, now, page }: BroughtBack): Promise<readonly string[]> {
  const prefix = 'paramedic:';
  const [store, backups] = [createRedisStore(redis, prefix), createRedisBackups(redis, prefix)];
  const reason = `it was under way when what Paramedic knows was backed up (${new Date(point.at).toISOString()}), and was brought back with that: nothing of it is gone on with`;

  async function endRecovery(id: string): Promise<string | undefined> {
    const recovery = await store.recovery(id);
    if (recovery === undefined) return undefined;
    const { attempt, startsAt, target } = recovery;
    const outcome = { result: 'failed', reason } as const;
    // Its own alert is from before, whatever the clocks say.
    const endedAt = Math.max(readAt, startsAt + 1);
    await store.end({ recovery: id, attempt, run: '' }, outcome, -1, endedAt);
    // In the place of the one that asked for an answer, if there was one: that asks for nothing any more.
    await store.openPage(page(recovery, outcome, now));
    return `recovery ${id} of ${target.key}`;
  }

  async function endBackup(id: string): Promise<string | undefined> {
    const run = await backups.run(id);
    if (run === undefined) return undefined;
    const isThis = run.work === 'backup' && run.source === point.source;
    const how = isThis
      ? ({ result: 'verified', reason: 'read back and found whole', snapshot: point.snapshot, point } as const)
      : ({ result: 'failed', reason } as const);
    await backups.update(id, { state: 'ended', endedAt: now, ...how });
    return isThis ? undefined : `${run.work} ${run.id} of ${run.source}`;
  }

  const ended: string[] = [];
  for (const name of await ownNames(redis, prefix)) {
    const [, recovery] = /^recovery:([^:]+)$/.exec(name) ?? [];
    const [, backup] = /^backup:run:([^:]+)$/.exec(name) ?? [];
    const id = recovery ?? backup;
    const isOpen = id !== undefined && (await redis.hget(prefix + name, 'state')) !== 'ended';
    if (!isOpen) continue;
    const sentence = await (recovery === undefined ? endBackup(id) : endRecovery(id)).catch((error: unknown) => {
      // One that can not be read must not keep all else from coming back.
      if (!(error instanceof UserError || error instanceof SyntaxError)) throw error;
      return `NOT ENDED: ${prefix}${name} can not be read: ${messageOf(error)}`;
    });
    if (sentence !== undefined) ended.push(sentence);
  }
  return ended;
}
