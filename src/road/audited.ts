import { type AuditEntry, type Deed, WORKER } from '../domain/audit.ts';
import { messageOf } from '../domain/errors.ts';
import type { Entry, Phase, Recovery, StepReport } from '../domain/recovery.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import type { Ring } from './ring.ts';
import type { Road } from './road.ts';

export type Word = Omit<AuditEntry, 'at'>;

/**
 * A human's word: it is recorded, and then done. What can not be recorded is not done, and refused with the reason. What
 * is refused after it was recorded, or fails, has a second entry that says so. Throws what `act` throws.
 */
export async function audited<Answer extends Verdict>(
  word: Word,
  road: Pick<Road, 'store' | 'clock'>,
  act: () => Promise<Answer>,
): Promise<Answer | Verdict> {
  try {
    await road.store.record({ ...word, at: road.clock.now() });
  } catch (error) {
    return no(`nothing was done: it could not be written into the audit (${messageOf(error)})`);
  }
  const refused = (why: string): Promise<void> =>
    road.store.record({ ...word, at: road.clock.now(), what: 'refused', text: `${word.what}: ${why}` });
  const answer = await act().catch(async (error: unknown) => {
    // Whatever failed may be the store itself.
    await refused(messageOf(error)).catch(() => undefined);
    throw error;
  });
  if (!answer.ok) await refused(answer.reason);
  return answer;
}

/** A human's word about a recovery, with the plan that waits for it and the verdicts on that. */
export async function wordAbout(
  recovery: string,
  { by, what, reason = '' }: { readonly by: string; readonly what: Deed; readonly reason?: string },
  { store }: Pick<Road, 'store'>,
): Promise<Word> {
  const found = await store.recovery(recovery);
  const question = found?.question;
  const verdicts = question && found.steps[question.step]?.guardrails;
  return {
    who: by,
    what,
    recovery,
    ...(found && { target: found.target.key }),
    text: reason === '' ? `attempt ${found?.attempt ?? 'unknown'}` : reason,
    ...(question && { plan: planOf(question) }),
    ...(verdicts && { verdicts }),
  };
}

const planOf = ({ plan }: Pick<Entry, 'plan'>): NonNullable<AuditEntry['plan']> => ({
  summary: plan.summary,
  touches: plan.touches,
});

/** A failed job was retried in the queue UI, whose login is not known here: its ring is of the attempt that has ended. */
export async function recordRetry(
  ring: Pick<Ring, 'attempt'>,
  { id, attempt, target }: Recovery,
  road: Road,
): Promise<void> {
  if (ring.attempt !== attempt) return;
  const about = { recovery: id, target: target.key, text: `its job of attempt ${attempt}` };
  await road.store.record({ at: road.clock.now(), who: 'the queue UI', what: 'retried', ...about });
}

const deeds: Readonly<Record<Phase, Deed | undefined>> = {
  planned: undefined,
  applying: 'applying',
  applied: 'applied',
  verified: 'verified',
  undoing: 'undoing',
  undone: 'undone',
};

/**
 * The line of the audit for a line of the journal; undefined where nothing is changed by it. To be recorded right after
 * the journal has taken its line, which refuses a run that was replaced, and so before the act that its phase names.
 */
export function auditOf(
  { id, attempt, target }: Pick<Recovery, 'id' | 'attempt' | 'target'>,
  { phase, at, plan, verdict }: Entry,
  report: StepReport | undefined,
): AuditEntry | undefined {
  const what = deeds[phase];
  if (what === undefined) return undefined;
  const verdicts = phase === 'verified' ? verdict && [{ kind: 'verify', verdict }] : undefined;
  const back = what === 'undoing' || what === 'undone' ? `: ${plan.undo ?? 'back to what it was'}` : '';
  return {
    at,
    who: WORKER,
    what,
    recovery: id,
    target: target.key,
    text: `${report?.action ?? 'a step'} in attempt ${attempt}${back}`,
    plan: planOf({ plan }),
    ...optional(phase === 'applying' ? report?.guardrails : verdicts),
  };
}

const optional = (verdicts: AuditEntry['verdicts']): Pick<AuditEntry, 'verdicts'> => (verdicts ? { verdicts } : {});
