import type { Snapshot } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { isOurs } from './identities.ts';
import { pointsAmong } from './points-among.ts';
import type { Repository } from './restic/repository.ts';

/**
 * Whether the recovery point that is remembered as the newest of a source was taken out of its repository: then the newest
 * of ours that is there takes its place, and what came of it is answered, a sentence. `snapshots`: those of the source, as its
 * repository lists them now; `now`: ms since the epoch; `identity`: whose are ours. Throws ResticError.
 */
export async function newestGone(
  source: Pick<BackupSource, 'name' | 'repository'>,
  snapshots: readonly Snapshot[],
  repository: Repository,
  {
    store,
    now,
    identity,
  }: {
    readonly store: Pick<BackupStore, 'runs' | 'standing' | 'replacePoint'>;
    readonly now: number;
    readonly identity: string | undefined;
  },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, repository: place } = source;
  const remembered = (await store.standing(name)).points.get(place);
  const there = new Set(snapshots.map(({ id }) => id));
  if (remembered === undefined || there.has(remembered.snapshot)) return undefined;
  const ours = snapshots.filter((one) => isOurs(one, identity));
  const unread = (): void => undefined;
  let left: RecoveryPoint | undefined;
  for await (const point of pointsAmong(ours, source, repository, { store, now }, signal, unread)) {
    if (!there.has(point.snapshot)) continue;
    left = point;
    break;
  }
  if (!(await store.replacePoint(name, place, remembered.snapshot, left))) return undefined;
  const rest = left === undefined ? 'and there is no other one' : `and the newest that is there is ${named(left)}`;
  return `recovery point ${named(remembered)} of ${name} is not in ${place} any more, ${rest}`;
}

const named = ({ snapshot, at }: RecoveryPoint): string => `${snapshot.slice(0, 8)} of ${new Date(at).toISOString()}`;
