import { ActionError } from '../domain/errors.ts';
import { clearLocks } from './clear-locks.ts';
import { inLane, type LaneUse } from './in-lane.ts';
import type { Repository } from './restic/repository.ts';
import { failed, isLocked } from './restic/restic-failure.ts';

/** As long as restic itself waits for a lock where it can (since 0.16): so often, and so long before the next time, ms. */
const looks = 5;
const againMs = 2_000;

/**
 * Does `work`, and when a lock in the repository keeps it from that, once more, as soon as there is no such lock: one that a
 * process left which was killed would keep all of us from it until somebody looks. It is taken away while none of us is at
 * the repository, so the caller must have no lane. Throws what `work` throws, ResticError `locked` with whose lock it is and
 * what to do, or LookAgain where others of us are at it for long and `use` says so.
 */
export async function onceUnlocked<Result>(
  repository: Pick<Repository, 'place' | 'locks' | 'removeLocks'>,
  use: Omit<LaneUse, 'repository' | 'lane'>,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isLocked(error)) throw error;
    const still = await inTheWay(repository, use, signal);
    if (still !== undefined) throw failed('locked', `${error.message}; ${still}`);
    return await work();
  }
}

/** The same in the shared lane of that repository. */
export const inSharedLane = <Result>(
  repository: Pick<Repository, 'place' | 'locks' | 'removeLocks'>,
  use: Omit<LaneUse, 'repository' | 'lane'>,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> =>
  onceUnlocked(repository, use, signal, () =>
    inLane({ ...use, repository: repository.place.name, lane: 'shared' }, signal, work),
  );

/** Why it is locked still, and what to do, a sentence; undefined: it is not. */
async function inTheWay(
  repository: Pick<Repository, 'place' | 'locks' | 'removeLocks'>,
  use: Omit<LaneUse, 'repository' | 'lane'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, location } = repository.place;
  for (let look = 1; ; look += 1) {
    try {
      const lane = { ...use, repository: name, lane: 'exclusive' } as const;
      await inLane(lane, signal, (alone) => clearLocks(repository, use.clock.now(), alone));
    } catch (error) {
      // Also theirs may be the lock: it is no failure of what is to be done.
      if (error instanceof ActionError && error.reason === 'conflict' && !isLocked(error)) return error.message;
      throw error;
    }
    const lock = (await repository.locks({ signal })).find(({ exclusive }) => exclusive);
    if (lock === undefined) return undefined;
    if (look === looks) {
      const { pid, hostname, at } = lock;
      return `process ${pid} on ${hostname}, whose lock is of ${new Date(at).toISOString()}, may live: wait until it has ended; when it is dead, \`restic --repo ${location} unlock\` on ${hostname} takes the lock away, and Paramedic does when nobody has renewed it for 30 minutes`;
    }
    await use.clock.sleep(againMs, signal);
  }
}
