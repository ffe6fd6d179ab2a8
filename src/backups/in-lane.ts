import type { BackupStore, Lane } from '../domain/backup-store.ts';
import type { Clock } from '../domain/clock.ts';
import { ActionError, LookAgain } from '../domain/errors.ts';

export interface LaneUse {
  readonly store: Pick<BackupStore, 'takeLane' | 'leaveLane'>;
  readonly clock: Clock;
  readonly repository: string;
  readonly lane: Lane;
  /** Another one for each use. */
  readonly holder: string;
  /** For how long it may wait, ms; for ever when absent. */
  readonly waitMs?: number;
  /** After that it is no failure, but to be looked at again later: LookAgain is thrown. */
  readonly looksAgain?: true;
}

/**
 * How long a job waits for a lane, ms. It has one of the few places in which others could be at another repository; who waits
 * for the exclusive lane keeps others out of it, and needs longer than they are in it.
 */
export const waitMsOf = { shared: 30_000, exclusive: 600_000 } as const;

/** A dead holder keeps others out for as long, ms. */
const forMs = 30_000;
const againMs = 10_000;
const askMs = 1_000;

/**
 * Does something to a repository while nobody does what may not go on beside it. Waits for that for `waitMs`, or until the signal aborts.
 * `work` is told to stop when the lane was lost: somebody else may be at it by then. Throws ActionError `conflict` or `aborted`,
 * LookAgain, or what `work` throws.
 */
export async function inLane<Result>(
  use: LaneUse,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { store, clock, repository, lane, holder, waitMs = Infinity } = use;
  const begun = clock.now();
  const take = () => store.takeLane(repository, lane, holder, forMs);
  for (let taken = await take(); !('taken' in taken); taken = await take()) {
    const { heldBy } = taken;
    if (clock.now() - begun >= waitMs) {
      await store.leaveLane(repository, lane, holder);
      if (use.looksAgain) throw new LookAgain(`${repository} is in use by ${heldBy.join(', ')}`);
      throw new ActionError(`${repository} is in use by ${heldBy.join(', ')}`, 'conflict', true);
    }
    await clock.sleep(askMs, signal).catch(() => {
      throw new ActionError(`it was ended while it waited for ${heldBy.join(', ')} at ${repository}`, 'aborted', false);
    });
  }
  const lost = new AbortController();
  const over = new AbortController();
  const keep = async (): Promise<void> => {
    for (let keptAt = clock.now(); ;) {
      await clock.sleep(againMs, over.signal);
      // Redis may be away for a moment; that it is for longer than we may hold the lane is as good as having lost it. What is
      // asked of it meanwhile may wait for as long as it is away.
      const leftMs = Math.max(0, keptAt + forMs - againMs - clock.now());
      const late = clock.sleep(leftMs, over.signal).catch(() => undefined);
      const taken = await Promise.race([take().catch(() => undefined), late.then(() => undefined)]);
      if (taken !== undefined && 'taken' in taken) keptAt = clock.now();
      else if (taken !== undefined || clock.now() - keptAt >= forMs - againMs) break;
    }
    lost.abort(new ActionError(`the lane at ${repository} was lost`, 'aborted', true));
  };
  const keeping = keep().catch(() => undefined);
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    over.abort();
    await keeping;
    // It goes by itself when Redis does not answer.
    await store.leaveLane(repository, lane, holder).catch(() => undefined);
  }
}
