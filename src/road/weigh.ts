import type { Action, PlanInput } from '../domain/action.ts';
import { LookAgain } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { Outcome } from '../domain/recovery.ts';
import type { TargetKind } from '../domain/target.ts';
import { type Verdict, yes } from '../domain/verdict.ts';
import { approvalFor, asApproved, awaiting, isBeforeApproved, stale } from './approved.ts';
import type { Attempt } from './attempt.ts';
import { mayAct } from './guard.ts';
import type { Road } from './road.ts';

interface Weighed {
  readonly attempt: Attempt;
  readonly kind: TargetKind;
  readonly action: Action;
  /** Index of the step. */
  readonly step: number;
  /** What was just planned, and from what. */
  readonly plan: Plan;
  readonly input: PlanInput<unknown, unknown>;
  /** Why nothing may be changed whatever the guardrails say; undefined: it may. */
  readonly only: string | undefined;
}

/**
 * What only time holds, of what was approved: nobody is to be asked for the same thing twice, and it is not passed over as if
 * there were nothing to do. Throws LookAgain then.
 */
export function mustYetCome(
  refusal: Verdict,
  { attempt, step }: Pick<Weighed, 'attempt' | 'step'>,
  road: Pick<Road, 'clock'>,
): void {
  const approval = approvalFor(attempt.recovery, step, attempt.tried(step));
  const { retryAfterMs } = refusal.ok ? {} : refusal;
  if (approval === undefined || retryAfterMs === undefined) return;
  if (road.clock.now() + retryAfterMs < approval.expiresAt)
    throw new LookAgain(`it is approved, and held for a moment: ${refusal.reason}`);
}

/**
 * What becomes of a plan: the plan that may be carried out now, `held` or `planned` when it is only noted (a guardrail holds
 * it, or nothing may be changed), or an outcome: a human has to say yes first, or said yes to another one.
 */
export async function weigh(
  weighed: Weighed,
  road: Road,
  signal: AbortSignal,
): Promise<Plan | 'held' | 'planned' | Outcome> {
  const { attempt, action, step, input, only } = weighed;
  const plan = asApproved(weighed.plan, weighed);
  if ('result' in plan) return plan;
  attempt.planned(action.key, plan);

  // What changes nothing is due again, and done again, before what was approved.
  const isEarly = action.risk !== 'none' && isBeforeApproved(step, attempt);
  const observing = only !== undefined || isEarly;
  const { verdicts, refusal } = await mayAct({ ...weighed, state: input.state, plan, observing }, road, signal);
  const wouldAct = only === undefined && (refusal === undefined || refusal.approvable === true);
  if (wouldAct && isEarly) return stale(plan, attempt);

  const asks = wouldAct && refusal !== undefined;
  const ended = refusal ? 'held' : only ? 'planned' : 'tried';
  const verdict = refusal ?? yes(only ? `planned only: ${only}` : 'no guardrail holds it');
  const { summary } = plan;
  await attempt.note(step, {
    action: action.key,
    ended: asks ? 'awaiting' : ended,
    verdict,
    plan: { summary },
    guardrails: verdicts,
  });
  if (refusal !== undefined) mustYetCome(refusal, weighed, road);
  if (asks) return awaiting({ ...weighed, plan, reason: refusal.reason }, road);
  return ended === 'tried' ? plan : ended;
}
