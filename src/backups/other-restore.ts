import type { BackupRun } from '../domain/backup-run.ts';
import type { BackupDeps } from './begun.ts';

/**
 * A restore that this one may not go on beside: of the same thing, by whatever source, and begun, or asked for before. Of two
 * at once each would see the other one begun. Rejects when the store does not answer.
 */
export async function otherRestore(
  run: BackupRun,
  { store, source: sourceOf, kind: kindOf }: Pick<BackupDeps, 'store' | 'source' | 'kind'>,
): Promise<BackupRun | undefined> {
  const thingOf = (name: string): string | undefined => {
    const source = sourceOf(name);
    return source && `${source.kind} ${kindOf(source.kind)?.title(source.params)}`;
  };
  const wasBefore = ({ id, openedAt }: BackupRun): boolean =>
    openedAt === run.openedAt ? id < run.id : openedAt < run.openedAt;
  const thing = thingOf(run.source);
  return (await store.openRuns()).find(
    (other) =>
      other.work === 'restore' &&
      other.id !== run.id &&
      thingOf(other.source) === thing &&
      (other.state !== 'waiting' || wasBefore(other)),
  );
}
