import type { RepositoryPlace } from '../domain/backup.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { inLane, type LaneUse } from './in-lane.ts';
import type { Repository } from './restic/repository.ts';
import { ResticError } from './restic/restic-failure.ts';

/**
 * Whether the repository is the one that was used before. One that was never used and is not there is made, by one of us
 * alone: two who make it at once destroy it. One that was used and is not there is a disk that was not mounted, or a loss
 * that somebody has to hear of: it is never made again. Throws ResticError for what else keeps it from being used.
 */
export async function readyRepository(
  repository: Repository,
  use: Omit<LaneUse, 'store' | 'repository' | 'lane'> & {
    readonly store: Pick<BackupStore, 'takeLane' | 'leaveLane' | 'repositoryId' | 'rememberRepository'>;
    /** One that is made is made so that copies from there share what they have in common. */
    readonly like?: RepositoryPlace;
  },
  signal: AbortSignal,
): Promise<Verdict> {
  const { name, location } = repository.place;
  const { store } = use;

  const known = await store.repositoryId(name);
  const found = await idOf(repository, signal);
  if (known !== undefined) return judged(known, found);
  if (found !== undefined) return judged(await store.rememberRepository(name, found), found);

  return inLane({ ...use, repository: name, lane: 'exclusive' }, signal, async (alone) => {
    // Somebody else may have made it while we waited.
    const made =
      (await idOf(repository, alone)) ??
      (await repository.init({ signal: alone, ...(use.like && { like: use.like }) }));
    return judged(await store.rememberRepository(name, made), made);
  });

  function judged(before: string, now: string | undefined): Verdict {
    if (now === undefined)
      return no(
        `repository ${name} is not at ${location} any more: it was used before, and is not made again by itself (is the disk mounted?)`,
      );
    if (now !== before)
      return no(
        `what is at ${location} is another repository (${short(now)}) than repository ${name} was (${short(before)})`,
      );
    return yes(`repository ${name} is ${short(now)}`);
  }
}

const short = (id: string): string => id.slice(0, 8);

/** Undefined: there is none. */
async function idOf(repository: Repository, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await repository.id({ signal });
  } catch (error) {
    if (error instanceof ResticError && error.failure.kind === 'no-repository') return undefined;
    throw error;
  }
}
