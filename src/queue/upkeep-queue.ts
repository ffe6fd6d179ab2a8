import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

const upkeepName = 'upkeep';
const everyMs = 30_000;

/**
 * Rings `upkeep` every 30 s, in one of all the processes that share this Redis, and once right away. `scheduled`
 * resolves when Redis has taken the schedule; a Redis that is away at the start gets it when it is back.
 */
export function startUpkeep(connection: Redis, prefix: string, upkeep: () => Promise<void>) {
  const queue = new Queue(upkeepName, { connection, prefix });
  const schedule = async (): Promise<void> => {
    await queue.upsertJobScheduler(
      'upkeep',
      { every: everyMs },
      { opts: { removeOnComplete: true, removeOnFail: 10 } },
    );
    await queue.add('start', {}, { removeOnComplete: true, removeOnFail: 10 });
  };
  const worker = new Worker(upkeepName, upkeep, {
    connection,
    prefix,
    concurrency: 1,
    lockDuration: 30_000,
    stalledInterval: 10_000,
    maxStalledCount: 20,
  });
  return { queue, worker, scheduled: schedule() };
}
