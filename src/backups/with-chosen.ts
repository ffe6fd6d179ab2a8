import type { Verdict } from '../domain/verdict.ts';
import { type BackupDeps, type Begun, type Outcome, type Subject, subjectOf } from './begun.ts';
import { type Chosen, chosenSnapshot } from './chosen-snapshot.ts';
import { ourIdentity } from './identities.ts';
import { waitMsOf } from './in-lane.ts';
import { inSharedLane } from './once-unlocked.ts';
import { inStages, type Stages } from './in-stages.ts';
import type { SourceKind } from './source-kind.ts';
import { tooLate } from './too-late.ts';

/** What a drill or a restore works with. */
export interface Working {
  readonly chosen: Chosen;
  readonly subject: Subject;
  readonly begun: Begun;
  readonly deps: BackupDeps;
  readonly stages: Stages;
  /** Also aborts when the lane was lost. */
  readonly signal: AbortSignal;
}

/**
 * Works with the snapshot that a run is about, in the shared lane of its repository. Which one that is is written into the
 * record before: whoever goes on with it takes the same. `unable`: why nothing can be done with that kind of source; undefined:
 * it can. Throws ResticError, ActionError.
 */
export async function withChosen(
  begun: Begun,
  deps: BackupDeps,
  signal: AbortSignal,
  unable: (kind: SourceKind) => string | undefined,
  work: (working: Working) => Promise<Verdict>,
): Promise<Outcome> {
  const { run, holder } = begun;
  const { store, clock } = deps;
  const failed = (reason: string): Outcome => ({ result: 'failed', reason });
  const subject = await subjectOf(begun, deps, signal);
  if (typeof subject === 'string') return failed(subject);
  const { source, kind, repository } = subject;
  const why = unable(kind);
  if (why !== undefined) return failed(why);
  // Whoever has asked for it is told in time when it does not begin.
  const leftMs = run.writingAt === undefined && run.beginBy !== undefined ? run.beginBy - clock.now() : Infinity;
  const use = { store, clock, holder, waitMs: Math.min(waitMsOf.shared, leftMs), looksAgain: true } as const;
  return inSharedLane(repository, use, signal, async (going): Promise<Outcome> => {
    const late = tooLate(run, clock.now());
    if (late !== undefined) return failed(late);
    const wish = { ...run.wish, ...(run.snapshot !== undefined && { snapshot: run.snapshot }) };
    const known = { identity: await ourIdentity(deps.clients()), now: clock.now() };
    const chosen = await chosenSnapshot(source, wish, repository, known, going);
    if (typeof chosen === 'string') return failed(chosen);
    const snapshot = chosen.snapshot.id;
    await begun.write({ snapshot });
    const stages = inStages(begun, clock);
    const { ok, reason: came } = await work({ chosen, subject, begun, deps, stages, signal: going });
    const reason = [came, ...(chosen.passedOver === undefined ? [] : [chosen.passedOver])].join('; ');
    return { result: ok ? 'verified' : 'failed', reason, snapshot, stages: stages.took };
  });
}
