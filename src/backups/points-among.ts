import type { Snapshot } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { pointsOf, readPoint } from './manifest.ts';
import type { Repository } from './restic/repository.ts';

/** How many backups are remembered for each point that may be asked for: some made none. */
const lookedThrough = 30;

/**
 * The recovery points of a source that those snapshots of its repository tell of, newest first, each read when it is asked
 * for. What is remembered of them need not be read again; what is in the repository counts, also when nothing is remembered
 * any more. Rejects when one can not be read.
 */
export async function* pointsAmong(
  snapshots: readonly Snapshot[],
  { name, repository: place }: Pick<BackupSource, 'name' | 'repository'>,
  repository: Repository,
  store: Pick<BackupStore, 'runs'>,
  signal?: AbortSignal,
): AsyncGenerator<RecoveryPoint> {
  const remembered = await store.runs({ source: name, work: 'backup', limit: lookedThrough });
  const known = new Map(
    remembered.flatMap(({ point, repository: its }) =>
      point && its === place ? [[point.snapshot, point] as const] : [],
    ),
  );
  for (const [of, written] of [...pointsOf(snapshots)].toReversed())
    yield known.get(of) ?? (await readPoint(repository, written, signal));
}
