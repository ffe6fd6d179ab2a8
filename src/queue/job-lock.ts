import type { Worker } from 'bullmq';

/** For how long a job is a worker's without a word of it, and that it goes to the next one then, however often. */
export const jobLock = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 20 } as const;

/** A lost lock means another worker may have the job by now: the run must not go on beside it. */
export function cancelWhatIsLost<Data>(worker: Worker<Data>): void {
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'its lock was lost');
  });
}
