import { type Job, Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Bell } from '../domain/bell.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { type Recovered, type Ring, slowRings } from '../road/ring.ts';
import { cancelWhatIsLost, jobLock } from './job-lock.ts';

export const recoveriesName = 'recoveries';
/** A job rings this often, for about a minute, before what keeps failing ends as `failed`; the slow rings come then. */
const fastRings = 7;
const attempts = fastRings + slowRings;
const backoff = { type: 'slower' } as const;
/** How long to wait after so many failures, ms. */
const backoffStrategy = (made: number): number => (made < fastRings ? 1_000 * 2 ** (made - 1) : 60_000);
const concurrency = 50;

interface Bellpull {
  readonly recovery: string;
  readonly attempt: number;
}

const jobId = (recovery: string, attempt: number): string => `${recovery}_${attempt}`;

export interface Recoveries extends Bell {
  readonly queue: Queue<Bellpull>;
  close(): Promise<void>;
}

/** The bells. Failed jobs stay, for the queue UI's Retry; completed ones for a look back. */
export function createRecoveries(connection: Redis, prefix: string): Recoveries {
  const queue = new Queue<Bellpull>(recoveriesName, {
    connection,
    prefix,
    defaultJobOptions: {
      attempts,
      backoff,
      // The reason says it all; and by a trace the queue UI would take a job for failed that was retried and completed.
      stackTraceLimit: 0,
      removeOnComplete: { age: 7 * 86_400, count: 2_000 },
      removeOnFail: { age: 30 * 86_400, count: 2_000 },
    },
  });
  return {
    queue,
    async ring(recovery, attempt, delayMs = 0) {
      // A finished job of that id would swallow the new one.
      const before = await queue.getJobState(jobId(recovery, attempt));
      if (before === 'failed' || before === 'completed') await queue.remove(jobId(recovery, attempt));
      const job = await queue.add(
        'recovery',
        { recovery, attempt },
        { jobId: jobId(recovery, attempt), ...(delayMs > 0 && { delay: delayMs }) },
      );
      // The bell we had set for later is rung now.
      if (delayMs === 0 && (await job.isDelayed())) await job.promote();
    },
    async state(recovery, attempt) {
      const state = await queue.getJobState(jobId(recovery, attempt));
      if (state === 'unknown') return 'missing';
      return state === 'failed' || state === 'completed' ? state : 'live';
    },
    close: () => queue.close(),
  };
}

/**
 * Answers the bells. `not-recovered`, `failed` and a refused retry end as failed jobs; all else completes. Only here a
 * retryable ActionError becomes a retry.
 */
export function createRecoveriesWorker(
  connection: Redis,
  prefix: string,
  recover: (ring: Ring, signal: AbortSignal) => Promise<Recovered>,
  stopping: AbortSignal,
): Worker<Bellpull> {
  const worker = new Worker<Bellpull>(
    recoveriesName,
    async (job, token, signal) => {
      const stop = signal ? AbortSignal.any([signal, stopping]) : stopping;
      try {
        // A worker that is closing can still draw a job: it is handed back too.
        stopping.throwIfAborted();
        return told(await recover(ringOf(job), stop));
      } catch (error) {
        if (stopping.aborted && token !== undefined) {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        // Its lock was lost: whoever has the job now goes on, and this throw changes nothing any more.
        if (signal?.aborted) throw error;
        if (error instanceof UnrecoverableError || (error instanceof ActionError && error.retryable)) throw error;
        throw new UnrecoverableError(messageOf(error));
      }
    },
    {
      connection,
      prefix,
      concurrency,
      ...jobLock,
      settings: { backoffStrategy },
    },
  );
  cancelWhatIsLost(worker);
  return worker;
}

/** What is in a job is anybody's word: the queue UI can edit it. */
function ringOf(job: Job<Bellpull>): Ring {
  const { recovery, attempt } = job.data;
  if (typeof recovery !== 'string' || typeof attempt !== 'number' || job.id !== jobId(recovery, attempt)) {
    throw new UnrecoverableError('this job was not made by Paramedic: its id and data do not belong together');
  }
  const made = job.attemptsMade;
  const all = job.opts.attempts ?? 1;
  const slowLeft = Math.min(slowRings, Math.max(0, all - made - 1));
  return { recovery, attempt, made, lastTry: made + 1 >= Math.min(fastRings, all), slowLeft };
}

function told(recovered: Recovered): string {
  if ('refused' in recovered) throw new UnrecoverableError(`refused: ${recovered.refused}`);
  if ('nothing' in recovered) return recovered.nothing;
  const { result, reason } = recovered.outcome;
  if (result === 'not-recovered' || result === 'failed') throw new UnrecoverableError(`${result}: ${reason}`);
  return `${result}: ${reason}`;
}
