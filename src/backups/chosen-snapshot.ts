import type { Snapshot } from '../domain/backup.ts';
import type { RestoreWish } from '../domain/backup-run.ts';
import { aheadText, isAhead, newestFirst } from '../domain/ahead-of-clock.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { isOurs, onlyOthers } from './identities.ts';
import { dataTag, fileOf, pointsOf, readPoint, savedTag } from './manifest.ts';
import type { Repository } from './restic/repository.ts';

/** A snapshot that is to be brought back. */
export interface Chosen {
  readonly snapshot: Snapshot;
  /** Absent: it is no recovery point. */
  readonly point?: RecoveryPoint;
  /** What the file in it is called; absent: it holds a tree of files. */
  readonly file?: string;
  /** That what says that it is newer was not taken, a sentence. */
  readonly passedOver?: string;
}

/**
 * The snapshot of a source that somebody wants, the newest recovery point of ours when none is named, and none that is ahead of
 * the clock (`now`, ms since the epoch); or a sentence: why there is none. One that is no recovery point is only taken when that
 * is wished for. Throws ResticError.
 */
export async function chosenSnapshot(
  source: { readonly name: string; readonly kind: string },
  wish: RestoreWish,
  repository: Repository,
  { identity, now }: { readonly identity: string | undefined; readonly now: number },
  signal: AbortSignal,
): Promise<Chosen | string> {
  const all = await repository.snapshots({ host: source.name, signal });
  const points = pointsOf(all);
  // Oldest first.
  const data = all.filter(({ tags }) => tags.includes(dataTag) || tags.includes(savedTag));
  const wanted = wish.snapshot;
  const ours = data.filter((one) => points.has(one.id) && isOurs(one, identity));
  const ahead = wanted === undefined ? aheadText(source.name, ours, now) : undefined;
  const meant =
    wanted === undefined ? newestFirst(ours, now).slice(0, 1) : data.filter(({ id }) => id.startsWith(wanted));
  const [snapshot, another] = meant;
  if (snapshot === undefined)
    return wanted === undefined
      ? (onlyOthers(source.name, identity, all, repository) ??
          `there is no recovery point of ${source.name} in ${repository.place.name}${data.length > 0 ? `: none of its ${data.length} snapshots was read back and found good` : ''}`)
      : `there is no snapshot ${wanted} of ${source.name} in ${repository.place.name}; \`paramedic backups snapshots ${source.name}\` lists them`;
  if (another !== undefined) return `${wanted} is the beginning of more than one snapshot: say more of its id`;
  const short = snapshot.id.slice(0, 8);
  if (wanted === undefined && isAhead(snapshot.at, now))
    return `${ahead}, and there is no other one of it: set the clock right, or take it with --point ${short}`;
  const written = points.get(snapshot.id);
  if (written === undefined) {
    if (wish.unverified !== true)
      return `snapshot ${short} of ${source.name} is no recovery point: nobody has read it back and found it good; --unverified brings it back all the same`;
    const file = fileOf(snapshot);
    return { snapshot, ...(file !== undefined && { file }) };
  }
  const point = await readPoint(repository, written, signal);
  if (point.kind !== source.kind)
    return `snapshot ${short} is of a source of kind ${point.kind}, and ${source.name} is ${source.kind} now`;
  return {
    snapshot,
    point,
    ...(point.file !== undefined && { file: point.file }),
    ...(ahead !== undefined && { passedOver: `${ahead}, and not taken for the newest` }),
  };
}
