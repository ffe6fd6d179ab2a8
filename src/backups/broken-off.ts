import type { BackupRun } from '../domain/backup-run.ts';
import type { Clock } from '../domain/clock.ts';
import { formatDuration } from '../domain/duration.ts';
import { LookAgain, messageOf } from '../domain/errors.ts';
import type { Begun, Outcome } from './begun.ts';
import { wayBack } from './way-back.ts';

/** For so long a restore that was broken off while it wrote is done again by itself, ms: later somebody may have helped himself. */
const againWithinMs = 15 * 60_000;
const noteMs = 30_000;

/** Notes in the record, as long as it goes on, that it writes. Rejects as `work` does. */
export async function whileWriting<Result>(
  { write }: Pick<Begun, 'write'>,
  clock: Clock,
  work: () => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const note = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(noteMs, over.signal);
      if (!over.signal.aborted) await write({ writingAt: clock.now() }).catch(() => undefined);
    }
  };
  void note().catch(() => undefined);
  try {
    return await work();
  } finally {
    over.abort();
  }
}

/**
 * Does a restore, also one that was broken off while it wrote: that one soon after only, and what keeps it from its end then is
 * told with what it may have left. Rejects as `restore` does; LookAgain, when it had written before.
 */
export async function unlessOld(run: BackupRun, now: number, restore: () => Promise<Outcome>): Promise<Outcome> {
  const { writingAt, source, snapshot = '', wish } = run;
  if (writingAt === undefined) return restore();
  const broken = `it was broken off while it wrote, at ${new Date(writingAt).toISOString()}`;
  if (now - writingAt > againWithinMs) {
    const finish = `paramedic restore ${source} --point ${snapshot.slice(0, 8)}${wish?.unverified ? ' --unverified' : ''}`;
    const reason = `${broken}, and is not done again by itself after more than ${formatDuration(againWithinMs)}: what is there may be half done, or have been used since; look at it, and when it is to be finished: ${finish}; ${wayBack(run)}`;
    return { result: 'failed', reason, snapshot };
  }
  const outcome = await restore().catch((error: unknown): Outcome => {
    if (error instanceof LookAgain) throw error;
    return { result: 'failed', reason: messageOf(error) };
  });
  if (outcome.result === 'verified') return outcome;
  const back = wayBack(run);
  const told = outcome.reason.includes(back) ? '' : `; ${back}`;
  return { ...outcome, reason: `${broken}: what is there may be half done; begun anew: ${outcome.reason}${told}` };
}
