import type { Queue } from 'bullmq';

/** By the name of a queue: how many jobs are in which state. */
export async function jobCounts(
  queues: readonly Queue[],
): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  return Object.fromEntries(
    await Promise.all(queues.map(async (queue) => [queue.name, await queue.getJobCounts()] as const)),
  );
}
