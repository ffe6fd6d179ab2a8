import type { Snapshot } from '../domain/backup.ts';
import type { RestoreWish } from '../domain/backup-run.ts';
import { aheadText, isAhead, newestFirst } from '../domain/ahead-of-clock.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { isOurs, type Known, onlyOthers } from './identities.ts';
import { dataTag, fileOf, pointsOf, readPoint, savedTag } from './manifest.ts';
import { manifestDamage } from './manifest-damage.ts';
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

/** How many recovery points are tried where the newest is damaged. */
const mostLookedAt = 10;

/**
 * The snapshot of a source that somebody wants, the newest recovery point of ours when none is named, and none that is ahead of
 * the clock (`now`, ms since the epoch); or a sentence: why there is none. One that is no recovery point is only taken when that
 * is wished for. Throws ResticError.
 */
export async function chosenSnapshot(
  source: { readonly name: string; readonly kind: string },
  wish: RestoreWish,
  repository: Repository,
  known: Known,
  signal: AbortSignal,
): Promise<Chosen | string> {
  const { identity, now } = known;
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
      ? (onlyOthers(source.name, known, all, repository) ??
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
  const point = await readOrDamage(snapshot, written);
  if (typeof point === 'string') {
    const file = fileOf(snapshot);
    if (wanted !== undefined && wish.unverified === true) return { snapshot, ...(file !== undefined && { file }) };
    const others = newestFirst(ours, now).filter(({ id, at }) => id !== snapshot.id && !isAhead(at, now));
    return `${point}; ${wanted === undefined ? await instead(others) : '--unverified brings it back all the same, with nothing to compare it with'}`;
  }
  if (point.kind !== source.kind)
    return `snapshot ${short} is of a source of kind ${point.kind}, and ${source.name} is ${source.kind} now`;
  return {
    snapshot,
    point,
    ...(point.file !== undefined && { file: point.file }),
    ...(ahead !== undefined && { passedOver: `${ahead}, and not taken for the newest` }),
  };

  async function readOrDamage(of: Snapshot, manifest: Snapshot): Promise<RecoveryPoint | string> {
    return readPoint(repository, manifest, signal).catch((error: unknown) =>
      manifestDamage(error, source.name, of, signal),
    );
  }

  /** An older one is less than what was asked for: it is named, and not taken. */
  async function instead(others: readonly Snapshot[]): Promise<string> {
    for (const other of others.slice(0, mostLookedAt)) {
      const manifest = points.get(other.id);
      if (manifest === undefined || typeof (await readOrDamage(other, manifest)) === 'string') continue;
      const which = other.id.slice(0, 8);
      return `the newest one that can be read is ${which} of ${new Date(other.at).toISOString()}: --point ${which} takes it`;
    }
    return others.length === 0
      ? 'and there is no other one of it'
      : `nor can any of the ${Math.min(others.length, mostLookedAt)} before it be read`;
  }
}
