import { dataTag, pointsOf, savedTag } from './manifest.ts';
import type { Repository } from './restic/repository.ts';

/** A snapshot of a source. `doubtful`: it was never found good; `saved`: what was there before a restore. */
export interface SnapshotListed {
  /** 64 hex digits. */
  readonly snapshot: string;
  /** ms since the epoch */
  readonly at: number;
  readonly is: 'recovery-point' | 'doubtful' | 'saved';
}

/** All that is in a repository of a source, newest first. Throws ResticError. */
export async function listSnapshots(
  source: string,
  repository: Pick<Repository, 'snapshots'>,
  signal: AbortSignal,
): Promise<readonly SnapshotListed[]> {
  const all = await repository.snapshots({ host: source, signal });
  const points = pointsOf(all);
  return all.toReversed().flatMap(({ id, at, tags }): SnapshotListed[] => {
    if (tags.includes(savedTag)) return [{ snapshot: id, at, is: 'saved' }];
    if (!tags.includes(dataTag)) return [];
    return [{ snapshot: id, at, is: points.has(id) ? 'recovery-point' : 'doubtful' }];
  });
}
