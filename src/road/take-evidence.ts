import type { Action } from '../domain/action.ts';
import { messageOf, RunReplaced } from '../domain/errors.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Held } from '../domain/guardrail.ts';
import { no } from '../domain/verdict.ts';
import { capture } from '../evidence/capture.ts';
import { evidenceText } from '../evidence/evidence-text.ts';
import type { Attempt } from './attempt.ts';
import type { Road } from './road.ts';

/** How soon it is asked again whether anything can be captured, ms. */
const againMs = 60_000;

/**
 * Takes and keeps how the target looks before the first change of the attempt; once, whoever runs it: what a run before
 * this one has taken is not taken again, and after a change there is nothing left to take. It holds nothing up, but for an
 * action of high risk of which nobody could see afterwards what it was for. Throws when the signal aborts, or the run was
 * replaced.
 */
export async function takeEvidence(
  attempt: Attempt,
  action: Pick<Action, 'key' | 'risk'>,
  road: Road,
  signal: AbortSignal,
): Promise<Held | undefined> {
  if (attempt.acted()) return undefined;
  const { id, target, labels } = attempt.recovery;
  const known = await road.store.evidence(id);
  let taken = known.find((one) => one.attempt === attempt.run.attempt);
  // What was not to be had is asked for again.
  if (taken === undefined || taken.sections.length === 0) {
    const evidence = await capture({ target, labels, clients: road.clients(), signal, now: road.clock.now() });
    const lost = await kept(attempt, evidence, road);
    taken = { ...evidence, attempt: attempt.run.attempt, ...(lost && { sections: [], missing: [lost] }) };
  }
  // Of what is gone there is little left to capture.
  if (action.risk !== 'high' || taken.sections.length > 0 || target.remembered) return undefined;
  const why = taken.missing.join('; ');
  return no(`evidence: ${action.key} is of high risk, and nothing could be captured before it: ${why}`, againMs);
}

/** Why it could not be kept, a sentence; undefined: it is. Throws RunReplaced. */
async function kept(attempt: Attempt, evidence: Evidence, road: Road): Promise<string | undefined> {
  try {
    await road.store.keepEvidence(attempt.run, evidence);
    return undefined;
  } catch (error) {
    if (error instanceof RunReplaced) throw error;
    return `it could not be kept: ${messageOf(error)}`;
  }
}

/** What was taken in each attempt, the newest first, as text for people; undefined: nothing was. */
export async function evidenceOf(recovery: string, { store }: Pick<Road, 'store'>): Promise<string | undefined> {
  const all = await store.evidence(recovery);
  if (all.length === 0) return undefined;
  return all.map((one) => `attempt ${one.attempt}, ${evidenceText(one)}`).join('\n');
}
