import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

const upkeepName = 'upkeep';
const everyMs = 30_000;

/**
 * Rings `upkeep` every 30 s, in one of all the processes that share this Redis, and once right away. `schedule`
 * is to be called whenever Redis has (again) become reachable: one that came back empty has lost the schedule.
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
  return { queue, worker, schedule };
}
