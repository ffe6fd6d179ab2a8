import type { Action, PlanInput } from '../domain/action.ts';
import type { Approval, Question } from '../domain/approval.ts';
import { formatDuration } from '../domain/duration.ts';
import type { Plan } from '../domain/plan.ts';
import type { Outcome, Recovery } from '../domain/recovery.ts';
import type { Attempt } from './attempt.ts';
import { nextPlan } from './next-plan.ts';
import type { Road } from './road.ts';

type Input = PlanInput<unknown, unknown>;

type Weighed = Pick<Asked, 'attempt' | 'action' | 'step' | 'input'>;

/** A human's yes to that candidate of that step; undefined: there is none. */
export const approvalFor = ({ approval }: Recovery, step: number, candidate: number): Approval | undefined =>
  approval?.step === step && approval.candidate === candidate ? approval : undefined;

/** A plan of a later step was approved, and is still to come. */
export const isBeforeApproved = (step: number, { recovery: { approval } }: Attempt): boolean =>
  approval !== undefined && step < approval.step;

/**
 * The plan to go on with: the approved one, where it would be planned again; the one of just now where nothing was
 * approved, or that is done. Another plan than the approved one is never carried out: an outcome then.
 */
export function asApproved(plan: Plan, { attempt, action, step, input }: Weighed): Plan | Outcome {
  const { approval } = attempt.recovery;
  const tried = attempt.tried(step);
  if (approval?.step !== step || tried > approval.candidate) return plan;
  const still = tried === approval.candidate && wouldStillPlan(approval, { action, attempt, input });
  return still ? approval.plan : stale(plan, attempt);
}

/** Something else than what was approved would be done by now: `plan`. */
export function stale(plan: Plan, { recovery: { approval } }: Attempt): Outcome {
  const approved = approval === undefined ? '' : `${approval.by} approved "${approval.plan.summary}"`;
  const reason = `${approved}, and what would be done by now is "${plan.summary}": it is asked about anew`;
  return { result: 'stale', reason, retryAfterMs: 0 };
}

interface Asked {
  readonly step: number;
  readonly action: Action;
  readonly plan: Plan;
  readonly input: Input;
  readonly attempt: Attempt;
  /** Why it is asked, a sentence. */
  readonly reason: string;
}

/** A human is asked. A question that waits already, and would be asked again, stays as it is. */
export function awaiting({ step, action, plan, input, attempt, reason }: Asked, road: Road): Outcome {
  const { question } = attempt.recovery;
  const candidate = attempt.tried(step);
  const isSame = question?.step === step && question.candidate === candidate;
  const { now } = input;
  const expiresAt = now + road.config().approvalMs;
  const fresh = { action: action.key, step, candidate, plan, reason, at: now, expiresAt };
  return {
    result: 'awaiting-approval',
    reason: `${plan.summary}: ${reason}`,
    question: isSame && wouldStillPlan(question, { action, attempt, input }) ? question : fresh,
  };
}

/** A plan pins the moment it was made: it is made once more as of then, from what is there now. */
function wouldStillPlan(
  { plan, at, step, candidate }: Question,
  { action, attempt, input }: Pick<Weighed, 'action' | 'attempt' | 'input'>,
): boolean {
  const before = attempt.triedPlans(step).slice(0, candidate);
  const again = nextPlan(action, before, { ...input, now: at });
  return !('ok' in again) && pinned(again) === pinned(plan);
}

/** All but the words, which may tell of a time that goes on. */
const pinned = ({ touches, change, undo }: Plan): string => JSON.stringify([touches, change, undo]);

/** Why it ends when nobody has answered, a sentence. */
export const nobodyAnswered = ({ plan, at, expiresAt }: Question): string =>
  `nobody approved "${plan.summary}" within ${formatDuration(expiresAt - at)}`;
