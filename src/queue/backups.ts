import { type Job, Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type BackupBell, restoreLetter } from '../backups/ask-backup.ts';
import { LookAgain } from '../domain/errors.ts';
import { cancelWhatIsLost, jobLock } from './job-lock.ts';

export const backupsName = 'backups';
/** Restores have places of their own: who needs one does not wait until a night's backups have ended. */
export const queueNames = [backupsName, 'restores'] as const;
type QueueName = (typeof queueNames)[number];
/** At the same time, of each queue: each is a program of its own, with the processor and the network to itself as far as that goes. */
const concurrency = 4;

interface Bellpull {
  readonly backup: string;
}

/** How something ended that a bell was about. */
export interface Told {
  readonly work?: string;
  readonly source?: string;
  readonly repository?: string;
  readonly result?: string;
  readonly reason?: string;
}

/** These have done what they are for. */
const good: ReadonlySet<string | undefined> = new Set(['verified', 'done']);

export interface Backups extends BackupBell {
  readonly queues: readonly Queue<Bellpull>[];
  close(): Promise<void>;
}

/** The bells of backups; the record says what is to be done. */
export function createBackups(connection: Redis, prefix: string): Backups {
  const made = (name: QueueName): Queue<Bellpull> =>
    new Queue<Bellpull>(name, {
      connection,
      prefix,
      defaultJobOptions: {
        attempts: 5,
        backoff: { type: 'exponential', delay: 1_000 },
        stackTraceLimit: 0,
        removeOnComplete: { age: 7 * 86_400, count: 2_000 },
        removeOnFail: { age: 30 * 86_400, count: 2_000 },
      },
    });
  const [backups, restores] = [made('backups'), made('restores')];
  const queues = [backups, restores];
  const isOver = (state: string): boolean => state === 'failed' || state === 'completed';
  return {
    queues,
    async ring(backup) {
      const queue = backup.startsWith(restoreLetter) ? restores : backups;
      // A finished job of that id would swallow the new one.
      if (isOver(await queue.getJobState(backup))) await queue.remove(backup);
      await queue.add('backup', { backup }, { jobId: backup });
    },
    async isLive(backup) {
      // In either: the version before this one had them all in one queue.
      const states = await Promise.all(queues.map((queue) => queue.getJobState(backup)));
      return states.some((state) => state !== 'unknown' && !isOver(state));
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

/**
 * Answers the bells. What has made no recovery point ends as a failed job; a store that does not answer is asked again. What
 * is to be looked at again ends, and upkeep rings for it anew.
 */
export function createBackupsWorker(
  connection: Redis,
  prefix: string,
  run: (id: string, signal: AbortSignal) => Promise<Told | undefined>,
  stopping: AbortSignal,
  name: QueueName = backupsName,
): Worker<Bellpull> {
  const worker = new Worker<Bellpull>(
    name,
    async (job, token, signal) => {
      try {
        stopping.throwIfAborted();
        return told(await run(idOf(job), signal ? AbortSignal.any([signal, stopping]) : stopping));
      } catch (error) {
        if (error instanceof LookAgain) return `looks again: ${error.message}`;
        if (!stopping.aborted || token === undefined) throw error;
        await job.moveToWait(token);
        throw new WaitingError();
      }
    },
    { connection, prefix, concurrency, ...jobLock },
  );
  cancelWhatIsLost(worker);
  return worker;
}

/** What is in a job is anybody's word: the queue UI can edit it. */
function idOf({ data, id }: Job<Bellpull>): string {
  if (typeof data.backup !== 'string' || data.backup !== id)
    throw new UnrecoverableError('this job was not made by Paramedic: its id and data do not belong together');
  return data.backup;
}

function told(run: Told | undefined): string {
  if (run === undefined)
    throw new UnrecoverableError('refused: this backup has ended; begin another: paramedic backup NAME');
  const { result, reason = '', work, source, repository } = run;
  // Whoever tells of it has the job's id alone, which names neither.
  if (!good.has(result))
    throw Object.assign(new UnrecoverableError(`${result ?? 'not ended'}: ${reason}`), {
      work,
      of: source ?? repository,
    });
  return `${result}: ${reason}`;
}
