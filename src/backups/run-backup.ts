import type { BackupRun } from '../domain/backup-run.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients } from '../domain/clients.ts';
import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { no } from '../domain/verdict.ts';
import type { Shape } from '../domain/recovery-point.ts';
import { forgetOld } from './forget-old.ts';
import { inLane } from './in-lane.ts';
import { comparedWith } from './judge-shape.ts';
import { readyRepository } from './ready-repository.ts';
import type { Repository } from './restic/repository.ts';
import type { SourceKind } from './source-kind.ts';
import { takeBackup, type Taken } from './take-backup.ts';

/** What a backup is made with. */
export interface BackupDeps {
  readonly store: BackupStore;
  readonly clock: Clock;
  readonly clients: () => Clients;
  /** As the configuration has it now; undefined: not any more. */
  readonly source: (name: string) => BackupSource | undefined;
  readonly kind: (kind: string) => SourceKind | undefined;
  readonly repository: (name: string) => Repository | undefined;
}

/**
 * Answers a bell for that record: what came of it; undefined: there is no such record, or it has ended. What a process that
 * died has begun is begun anew: nothing of it is in the repository. When the signal aborts the record waits for the next
 * bell, and the signal's reason is thrown. Rejects when the store does not answer.
 */
export async function runBackup(id: string, deps: BackupDeps, signal: AbortSignal): Promise<BackupRun | undefined> {
  const { store, clock } = deps;
  const run = await store.run(id);
  if (run === undefined || run.state === 'ended') return undefined;
  await store.update(id, { state: 'reading', startedAt: clock.now(), bytes: 0 });
  const taken = await taking(run, deps, signal).catch((error: unknown): Taken => ({
    result: 'failed',
    reason: messageOf(error),
  }));
  if (signal.aborted && taken.result !== 'verified') {
    await store.update(id, { state: 'waiting' });
    throw signal.reason;
  }
  await store.update(id, {
    state: 'ended',
    endedAt: clock.now(),
    result: taken.result,
    reason: taken.reason,
    ...(taken.snapshot !== undefined && { snapshot: taken.snapshot }),
    ...('point' in taken && { point: taken.point, bytes: taken.point.shape.bytes }),
  });
  return store.run(id);
}

async function taking(run: BackupRun, deps: BackupDeps, signal: AbortSignal): Promise<Taken> {
  const { store, clock } = deps;
  const failed = (reason: string): Taken => ({ result: 'failed', reason });
  const source = deps.source(run.source);
  const kind = source && deps.kind(source.kind);
  const repository = source && deps.repository(source.repository);
  if (source === undefined || kind === undefined || repository === undefined)
    return failed(`source ${run.source} is not in the configuration any more`);

  const holder = run.id;
  const ready = await readyRepository(repository, { store, clock, holder }, signal);
  if (!ready.ok) return failed(ready.reason);
  const before = await shapesBefore(run, store);
  // What is told of its progress may be lost, but for its order: each is written when the one before it is.
  let telling: Promise<unknown> = Promise.resolve();
  const tell = (change: Parameters<BackupStore['update']>[1]): void => {
    telling = telling.then(() => store.update(run.id, change)).catch(() => undefined);
  };
  const taken = await inLane({ store, clock, repository: source.repository, lane: 'shared', holder }, signal, (going) =>
    takeBackup(
      {
        source,
        kind,
        repository,
        clients: deps.clients(),
        clock,
        before,
        onProgress: (bytes) => tell({ bytes }),
        onVerifying: (snapshot) => tell({ state: 'verifying', snapshot }),
      },
      going,
    ),
  );
  await telling;
  if (taken.result !== 'verified') return taken;
  // The backup is what it is, whether or not older ones can be forgotten now: the next one sees to it then.
  const alone = { store, clock, repository: source.repository, lane: 'exclusive', holder, waitMs: 0 } as const;
  const kept = await inLane(alone, signal, (going) => forgetOld(source, repository, clock, going)).catch(
    (error: unknown) => no(`nothing is forgotten now: ${messageOf(error)}`),
  );
  return { ...taken, reason: `${taken.reason}; ${kept.reason}` };
}

const isAnySize = ({ trigger }: BackupRun): boolean => trigger.by === 'hand' && trigger.anySize === true;

/**
 * Of the last recovery points of the same source in the same repository, newest first: those since somebody said that
 * another size is right.
 */
async function shapesBefore(run: BackupRun, store: BackupStore): Promise<readonly Shape[]> {
  if (isAnySize(run)) return [];
  const { source, repository } = run;
  // Runs that made none lie between them.
  const runs = await store.runs({ source, limit: 10 * comparedWith });
  const points = runs.filter((one) => one.repository === repository && one.point !== undefined);
  const said = points.findIndex(isAnySize);
  return points
    .slice(0, said < 0 ? comparedWith : Math.min(said + 1, comparedWith))
    .flatMap(({ point }) => (point ? [point.shape] : []));
}
