import type { Redis } from 'ioredis';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { keys } from './keys.ts';
import { ownNames } from './own-keys.ts';
import { createRedisBackups } from './redis-backups.ts';
import { createRedisStore } from './redis-store.ts';

/**
 * Ends all that was under way when a store was backed up that has been brought back: what nobody has ended would be waited
 * for, and its targets kept from others, for ever. It is found by its records, for no list of what goes on is brought back.
 * `point`: what it was brought back of; the backup that made it was under way, too, and has come to that. Answers a sentence
 * for each. Rejects when Redis does not answer.
 */
export async function endWhatRan(redis: Redis, point: RecoveryPoint, now: number): Promise<readonly string[]> {
  const prefix = 'paramedic:';
  const key = keys(prefix);
  const [store, backups] = [createRedisStore(redis, prefix), createRedisBackups(redis, prefix)];
  const reason = `it was under way when what Paramedic knows was backed up (${new Date(point.at).toISOString()}), and was brought back with that: nothing of it is gone on with`;
  const ended: string[] = [];
  for (const name of await ownNames(redis, prefix)) {
    const [, recovery] = /^recovery:([^:]+)$/.exec(name) ?? [];
    const [, backup] = /^backup:run:([^:]+)$/.exec(name) ?? [];
    const id = recovery ?? backup;
    const isOpen = id !== undefined && (await redis.hget(prefix + name, 'state')) !== 'ended';
    if (!isOpen) continue;
    if (recovery !== undefined) {
      const [target, attempt] = await redis.hmget(key.recovery(id), 'targetKey', 'attempt');
      await store.end({ recovery, attempt: Number(attempt), run: '' }, { result: 'failed', reason }, -1, now);
      ended.push(`recovery ${recovery} of ${target}`);
      continue;
    }
    const run = await backups.run(id);
    if (run === undefined) continue;
    const isThis = run.work === 'backup' && run.source === point.source;
    await backups.update(id, {
      state: 'ended',
      endedAt: now,
      ...(isThis
        ? { result: 'verified', reason: 'read back and found whole', snapshot: point.snapshot, point }
        : { result: 'failed', reason }),
    });
    if (!isThis) ended.push(`${run.work} ${run.id} of ${run.source}`);
  }
  return ended;
}
