import { messageOf } from '../domain/errors.ts';
import type { Shape } from '../domain/recovery-point.ts';
import { no } from '../domain/verdict.ts';
import { type BackupDeps, type Begun, type Outcome, subjectOf } from './begun.ts';
import { forgetOld } from './forget-old.ts';
import { inLane } from './in-lane.ts';
import { comparedWith } from './judge-shape.ts';
import { pointsOf, pointTag, readPoint } from './manifest.ts';
import type { Repository } from './restic/repository.ts';
import { takeBackup } from './take-backup.ts';

/** Makes a recovery point. What a process that died has begun leaves nothing in the repository. */
export async function backUp(begun: Begun, deps: BackupDeps, signal: AbortSignal): Promise<Outcome> {
  const { run, holder, tell } = begun;
  const { store, clock } = deps;
  const subject = await subjectOf(begun, deps, signal);
  if (typeof subject === 'string') return { result: 'failed', reason: subject };
  const { source, kind, repository } = subject;
  const anySize = run.trigger.by === 'hand' && run.trigger.anySize === true;
  const before = anySize ? [] : await shapesBefore(begun, repository, deps, signal);
  const lane = { store, clock, repository: source.repository, holder };
  const taken = await inLane({ ...lane, lane: 'shared' }, signal, (going) =>
    takeBackup(
      {
        source,
        kind,
        repository,
        clients: deps.clients(),
        clock,
        before,
        anySize,
        onProgress: (bytes) => tell({ bytes }),
        onVerifying: (snapshot) => tell({ state: 'verifying', snapshot }),
      },
      going,
    ),
  );
  if (taken.result !== 'verified') {
    const { result, reason, snapshot } = taken;
    return { result, reason, ...(snapshot !== undefined && { snapshot }) };
  }
  // The backup is what it is, whether or not older ones can be forgotten now: the next one sees to it then.
  const kept = await inLane({ ...lane, lane: 'exclusive', waitMs: 0 }, signal, (going) =>
    forgetOld(source, repository, clock, going),
  ).catch((error: unknown) => no(`nothing is forgotten now: ${messageOf(error)}`));
  return { ...taken, reason: `${taken.reason}; ${kept.reason}`, bytes: taken.point.shape.bytes };
}

/**
 * Of the last recovery points in the repository, newest first: those since somebody said that another size is right. What is
 * remembered of them need not be read again; what is in the repository counts, also when nothing is remembered any more.
 */
async function shapesBefore(
  { run: { source, repository: name } }: Begun,
  repository: Repository,
  { store }: BackupDeps,
  signal: AbortSignal,
): Promise<readonly Shape[]> {
  const snapshots = await repository.snapshots({ host: source, tag: pointTag, signal });
  const remembered = await store.runs({ source, work: 'backup', limit: 3 * comparedWith });
  const known = new Map(
    remembered.flatMap(({ point, repository: its }) =>
      point && its === name ? [[point.snapshot, point] as const] : [],
    ),
  );
  const shapes: Shape[] = [];
  for (const [of, written] of [...pointsOf(snapshots)].toReversed().slice(0, comparedWith)) {
    const point = known.get(of) ?? (await readPoint(repository, written, signal));
    shapes.push(point.shape);
    if (point.anySize) break;
  }
  return shapes;
}
