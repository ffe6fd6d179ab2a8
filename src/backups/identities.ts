import { newestFirst } from '../domain/ahead-of-clock.ts';
import type { Snapshot } from '../domain/backup.ts';
import type { Clients } from '../domain/clients.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { dataTag, identityOf, pointsOf } from './manifest.ts';
import type { Repository } from './restic/repository.ts';

/** A recovery point, and whose it is; undefined: it was made before they said so. */
export interface Owned {
  readonly identity: string | undefined;
  /** 64 hex digits. */
  readonly snapshot: string;
  /** ms since the epoch */
  readonly at: number;
}

/** Whose snapshots are ours, and what time it is: what is ahead of that, ms since the epoch, is not the newest. */
export interface Known {
  readonly identity: string | undefined;
  readonly now: number;
}

/**
 * Whose snapshots ours are: what our store is called; undefined where no store is at hand, and all count as ours then. Rejects
 * when it does not answer.
 */
export const ourIdentity = async ({ own }: Pick<Clients, 'own'>): Promise<string | undefined> => own?.identity();

/** The newest recovery point of each identity, newest first. `all`: of one source. `now`: ms since the epoch. */
export function newestOfEach(all: readonly Snapshot[], now: number): readonly Owned[] {
  const points = pointsOf(all);
  const found = new Map<string | undefined, Owned>();
  for (const one of newestFirst(all, now)) {
    const identity = identityOf(one);
    // What is written beside a snapshot that somebody has forgotten by hand is no point.
    if (one.tags.includes(dataTag) && points.has(one.id) && !found.has(identity))
      found.set(identity, { identity, snapshot: one.id, at: one.at });
  }
  return [...found.values()];
}

/** The newest recovery points of others than the one whose it is, of the same source. `all`: what the repository lists. */
export const othersThan = (
  { source, identity: its }: Pick<RecoveryPoint, 'source' | 'identity'>,
  all: readonly Snapshot[],
  now: number,
): readonly Owned[] =>
  newestOfEach(
    all.filter(({ host }) => host === source),
    now,
  ).filter(({ identity }) => ![undefined, its].includes(identity));

/** Whether a snapshot is not another one's. What does not say whose it is is taken for ours. */
export const isOurs = (one: Pick<Snapshot, 'tags'>, identity: string | undefined): boolean =>
  identity === undefined || [undefined, identity].includes(identityOf(one));

/** Why none is taken unless it is named, where no recovery point is ours: a sentence. Undefined: there is none of others either. */
export function onlyOthers(
  source: string,
  { identity, now }: Known,
  all: readonly Snapshot[],
  { place }: Pick<Repository, 'place'>,
): string | undefined {
  const [newest] = newestOfEach(
    all.filter((one) => !isOurs(one, identity)),
    now,
  );
  if (newest === undefined) return undefined;
  const short = newest.snapshot.slice(0, 8);
  return `no recovery point of ${source} in repository ${place.name} is of this Paramedic, ${identity}: the newest there, ${short} of ${new Date(newest.at).toISOString()}, is of another one, ${newest.identity}; to take it all the same, say which: --point ${short} (paramedic backups snapshots ${source} lists them all)`;
}

/** Why nothing may be added to what is there of a source: the newest recovery point is another one's. Undefined: it is not. */
export function notOurs(
  source: string,
  { identity, now }: Known,
  all: readonly Snapshot[],
  { place }: Pick<Repository, 'place'>,
): string | undefined {
  const [newest] = newestOfEach(all, now);
  if (identity === undefined || newest?.identity === undefined || newest.identity === identity) return undefined;
  const taken = new Date(newest.at).toISOString();
  return `nothing was written: the newest recovery point of ${source} in repository ${place.name}, of ${taken}, is of another Paramedic, ${newest.identity}, and this one is ${identity}; if both use this repository, give this one's source another name, or another repository (backups.sources); if this one has lost its Redis, put that back with paramedic restore --own; if this one is to go on in its place: paramedic backup ${source} --take-over`;
}
