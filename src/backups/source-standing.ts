import type { BackupRun } from '../domain/backup-run.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import { type NextRun, nextOf } from './begin-due.ts';
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
  /** The newest recovery point that is remembered; absent: there never was one. */
  readonly newest?: { readonly snapshot: string; readonly at: number; readonly bytes: number };
  /** The last backup that has ended, and the one that goes on. */
  readonly last?: Pick<BackupRun, 'id' | 'result' | 'reason' | 'endedAt'>;
  readonly running?: string;
  /** When its schedules have it done next. */
  readonly next: { readonly backup?: NextRun; readonly drill?: NextRun };
}

/** How many backups are looked through for the newest recovery point. */
const lookedThrough = 200;

/** Rejects when the store does not answer. */
export async function standingOfSource(
  source: BackupSource,
  kind: SourceKind,
  store: Pick<BackupStore, 'runs' | 'turn'>,
  now: number,
): Promise<SourceStanding> {
  const { name, repository, rpoMs } = source;
  const runs = await store.runs({ source: name, work: 'backup', limit: lookedThrough });
  const point = runs.find((run) => run.repository === repository && run.point !== undefined)?.point;
  const last = runs.find(({ state }) => state === 'ended');
  const running = runs.find(({ state }) => state !== 'ended');
  return {
    name,
    kind: kind.kind,
    class: kind.class,
    title: kind.title(source.params),
    repository,
    rpoMs,
    ...(point && { newest: { snapshot: point.snapshot, at: point.at, bytes: point.shape.bytes } }),
    ...(last && { last: pick(last) }),
    ...(running && { running: running.id }),
    next: await nextOf(source, store, now),
  };
}

function pick({ id, result, reason, endedAt }: BackupRun): NonNullable<SourceStanding['last']> {
  return {
    id,
    ...(result !== undefined && { result }),
    ...(reason !== undefined && { reason }),
    ...(endedAt !== undefined && { endedAt }),
  };
}
