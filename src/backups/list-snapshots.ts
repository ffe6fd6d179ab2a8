import type { Clients } from '../domain/clients.ts';
import { isOurs, ourIdentity } from './identities.ts';
import { dataTag, identityOf, pointsOf, savedTag } from './manifest.ts';
import type { Repository } from './restic/repository.ts';

/** A snapshot of a source. `doubtful`: it was never found good; `saved`: what was there before a restore. */
export interface SnapshotListed {
  /** 64 hex digits. */
  readonly snapshot: string;
  /** ms since the epoch */
  readonly at: number;
  readonly is: 'recovery-point' | 'doubtful' | 'saved';
  /** What the store of the Paramedic that made it is called; absent: it does not say, and counts as ours. */
  readonly of?: string;
  readonly isOurs: boolean;
}

/** All that is in a repository of a source, newest first. Throws ResticError. */
export async function listSnapshots(
  source: string,
  repository: Pick<Repository, 'snapshots'>,
  clients: Pick<Clients, 'own'>,
  signal: AbortSignal,
): Promise<readonly SnapshotListed[]> {
  const identity = await ourIdentity(clients);
  const all = await repository.snapshots({ host: source, signal });
  const points = pointsOf(all);
  return all.toReversed().flatMap(({ id, at, tags }): SnapshotListed[] => {
    const of = identityOf({ tags });
    const its = { snapshot: id, at, ...(of !== undefined && { of }), isOurs: isOurs({ tags }, identity) };
    if (tags.includes(savedTag)) return [{ ...its, is: 'saved' }];
    if (!tags.includes(dataTag)) return [];
    return [{ ...its, is: points.has(id) ? 'recovery-point' : 'doubtful' }];
  });
}
