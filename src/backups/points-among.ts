import { newestFirst } from '../domain/ahead-of-clock.ts';
import type { Snapshot } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { pointsOf, readPoint } from './manifest.ts';
import { manifestDamage } from './manifest-damage.ts';
import type { Repository } from './restic/repository.ts';

/** How many backups are remembered for each point that may be asked for: some made none. */
const lookedThrough = 30;

/**
 * The recovery points of a source that those snapshots of its repository tell of, newest first (those ahead of the clock,
 * `now`, ms since the epoch, after all others), each read when it is asked
 * for. What is remembered of them need not be read again; what is in the repository counts, also when nothing is remembered
 * any more. One that is damaged is passed over, and told to `onUnread`, a sentence; rejects when none can be read now.
 */
export async function* pointsAmong(
  snapshots: readonly Snapshot[],
  { name, repository: place }: Pick<BackupSource, 'name' | 'repository'>,
  repository: Repository,
  { store, now }: { readonly store: Pick<BackupStore, 'runs'>; readonly now: number },
  signal: AbortSignal,
  onUnread: (sentence: string) => void,
): AsyncGenerator<RecoveryPoint> {
  const remembered = await store.runs({ source: name, work: 'backup', limit: lookedThrough });
  const known = new Map(
    remembered.flatMap(({ point, repository: its }) =>
      point && its === place ? [[point.snapshot, point] as const] : [],
    ),
  );
  const points = [...pointsOf(snapshots)].map(([of, written]) => ({ of, written, at: written.at }));
  for (const { of, written } of newestFirst(points, now)) {
    const point =
      known.get(of) ??
      (await readPoint(repository, written, signal).catch((error: unknown) =>
        manifestDamage(error, name, { id: of, at: written.at }, signal),
      ));
    if (typeof point === 'string') onUnread(point);
    else yield point;
  }
}
