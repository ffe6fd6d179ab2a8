import type { Snapshot } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import { messageOf } from '../domain/errors.ts';
import type { Shape } from '../domain/recovery-point.ts';
import { no } from '../domain/verdict.ts';
import { type BackupDeps, type Begun, type Outcome, subjectOf } from './begun.ts';
import { forgetOld } from './forget-old.ts';
import { isOurs, notOurs, ourIdentity } from './identities.ts';
import { inLane, waitMsOf } from './in-lane.ts';
import { inLaps } from './in-stages.ts';
import { comparedWith } from './judge-shape.ts';
import { newestGone } from './newest-gone.ts';
import { pointsAmong } from './points-among.ts';
import { inSharedLane, onceUnlocked } from './once-unlocked.ts';
import type { Repository } from './restic/repository.ts';
import { failed } from './restic/restic-failure.ts';
import { takeBackup } from './take-backup.ts';
import { withRoomyHeap } from './with-roomy-heap.ts';

/** Makes a recovery point. What a process that died has begun leaves nothing in the repository. */
export async function backUp(begun: Begun, deps: BackupDeps, signal: AbortSignal): Promise<Outcome> {
  const { run, holder, tell } = begun;
  const { store, clock } = deps;
  const subject = await subjectOf(begun, deps, signal);
  if (typeof subject === 'string') return { result: 'failed', reason: subject };
  const { source, kind, repository } = subject;
  const { anySize = false, takeOver = false } = run.trigger.by === 'hand' ? run.trigger : {};
  const identity = await ourIdentity(deps.clients());
  const there = await repository.snapshots({ host: source.name, signal });
  const known = { identity, now: clock.now() };
  const refused = takeOver || !kind.refusesOthers ? undefined : notOurs(source.name, known, there, repository);
  if (refused !== undefined) return { result: 'failed', reason: refused };
  const use = { store, clock, holder, waitMs: waitMsOf.shared, looksAgain: true } as const;
  const unlocked = <Result>(work: () => Promise<Result>): Promise<Result> =>
    onceUnlocked(repository, use, signal, work);
  const gone = await unlocked(() => newestGone(source, there, repository, { store, ...known }, signal));
  const ours = there.filter((one) => isOurs(one, identity));
  const { shapes, unread } = anySize
    ? nothingBefore
    : await unlocked(() => shapesBefore(source, ours, repository, deps, signal));
  const taking = (going: AbortSignal) =>
    withRoomyHeap(async () => {
      const laps = inLaps('reading', clock);
      const made = await takeBackup(
        {
          run: run.id,
          source,
          kind,
          repository,
          clients: deps.clients(),
          clock,
          before: shapes,
          identity,
          anySize,
          onProgress: (bytes) => tell({ bytes }),
          onVerifying: (snapshot) => {
            laps.next('verifying');
            tell({ state: 'verifying', snapshot });
          },
        },
        going,
      );
      if (made.result === 'failed' && made.isLocked) throw failed('locked', made.reason);
      return { ...made, stages: laps.end() };
    });
  const { stages, ...taken } = await inSharedLane(repository, use, signal, taking);
  const reason = [taken.reason, ...(gone === undefined ? [] : [gone]), ...unread].join('; ');
  if (taken.result !== 'verified') {
    const { result, snapshot } = taken;
    return { result, reason, stages, ...(snapshot !== undefined && { snapshot }) };
  }
  const alone = { store, clock, holder, repository: source.repository, lane: 'exclusive', waitMs: 0 } as const;
  // The backup is what it is, whether or not older ones can be forgotten now: the next one sees to it then.
  const kept = await inLane(alone, signal, (going) => forgetOld(source, identity, repository, clock, going)).catch(
    (error: unknown) => no(`nothing is forgotten now: ${messageOf(error)}`),
  );
  return { ...taken, stages, reason: `${reason}; ${kept.reason}`, bytes: taken.point.shape.bytes };
}

interface Before {
  readonly shapes: readonly Shape[];
  /** Which of them can not be read, a sentence each. */
  readonly unread: readonly string[];
}
const nothingBefore: Before = { shapes: [], unread: [] };

/** Of the last recovery points among those snapshots, newest first: those since somebody said that another size is right. */
async function shapesBefore(
  source: BackupSource,
  snapshots: readonly Snapshot[],
  repository: Repository,
  { store, clock }: BackupDeps,
  signal: AbortSignal,
): Promise<Before> {
  const shapes: Shape[] = [];
  const unread: string[] = [];
  const onUnread = (sentence: string): void => void unread.push(sentence);
  for await (const point of pointsAmong(snapshots, source, repository, { store, now: clock.now() }, signal, onUnread)) {
    shapes.push(point.shape);
    if (point.anySize || shapes.length === comparedWith) break;
  }
  return { shapes, unread };
}
