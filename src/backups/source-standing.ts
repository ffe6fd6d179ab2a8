import { isAhead } from '../domain/ahead-of-clock.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore, Ended } from '../domain/backup-store.ts';
import { type NextRun, nextOf } from './begin-due.ts';
import { dueAfter } from './due.ts';
import type { SourceKind } from './source-kind.ts';

/** How things stand with one source. Times in ms since the epoch. */
export interface SourceStanding {
  readonly name: string;
  readonly kind: string;
  readonly class: SourceKind['class'];
  /** What is backed up, for people. */
  readonly title: string;
  readonly repository: string;
  readonly rpoMs: number;
  readonly rtoMs: number;
  /** The newest recovery point that is remembered; absent: there never was one, or it is ahead of the clock, and nobody knows of when it is. */
  readonly newest?: { readonly snapshot: string; readonly at: number; readonly bytes: number };
  /** The last backup that has ended, the last drill, the last drill that was well, and the last restore. */
  readonly last?: Ended;
  readonly drill?: Ended;
  readonly drilled?: Ended;
  readonly restore?: Ended;
  /** By when a drill has to have been well since the last one that was; absent: none is on schedule. */
  readonly drillDueAt?: number;
  /** The ids of what goes on. */
  readonly running: readonly string[];
  /** When its schedules have it done next. */
  readonly next: { readonly backup?: NextRun; readonly drill?: NextRun };
}

/** Rejects when the store does not answer. */
export async function standingOfSource(
  source: BackupSource,
  kind: SourceKind,
  store: Pick<BackupStore, 'standing' | 'turn'>,
  now: number,
): Promise<SourceStanding> {
  const { name, repository } = source;
  const { last, drilled, drillsSince, points, running } = await store.standing(name);
  const point = points.get(repository);
  const { schedule } = source.drill;
  // That its schedule is changed makes it due no later than by the new one.
  const from = drillsSince === undefined ? undefined : Math.max(drillsSince, drilled?.endedAt ?? 0);
  const drillDueAt = schedule && from !== undefined ? dueAfter(schedule, name, from) : undefined;
  return {
    ...unknownStanding(source, kind),
    ...(point &&
      !isAhead(point.at, now) && { newest: { snapshot: point.snapshot, at: point.at, bytes: point.shape.bytes } }),
    ...(last.backup && { last: last.backup }),
    // What an earlier version has drilled in vain is no failure that anybody could end.
    ...(last.drill && kind.scratch && { drill: last.drill }),
    ...(drilled && { drilled }),
    ...(drillDueAt !== undefined && { drillDueAt }),
    ...(last.restore && { restore: last.restore }),
    running,
    next: await nextOf(source, store, now),
  };
}

/** Of a source that nothing is known of. */
export function unknownStanding(
  { name, params, repository, rpoMs, rtoMs }: BackupSource,
  kind: SourceKind,
): SourceStanding {
  const title = kind.title(params);
  return { name, kind: kind.kind, class: kind.class, title, repository, rpoMs, rtoMs, running: [], next: {} };
}
