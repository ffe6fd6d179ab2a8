import type { Action } from '../domain/action.ts';
import { messageOf } from '../domain/errors.ts';
import type { About } from '../domain/flow-event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Recovery } from '../domain/recovery.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import type { Attempt } from './attempt.ts';
import type { Road } from './road.ts';

/** How soon it is asked again whether the other objects of a plan are free, ms. */
const takenMs = 30_000;

export interface Guarded {
  readonly kind: string;
  readonly verdict: Verdict;
}

/** Asks every guardrail, also after the first no: the user sees all the reasons. One that throws says no. */
export async function guard(
  road: Road,
  recovery: Recovery,
  action: Action,
  plan: Plan,
  about: About,
): Promise<readonly Guarded[]> {
  const verdicts: Guarded[] = [];
  for (const guardrail of road.guardrails) {
    let verdict: Verdict;
    try {
      verdict = await guardrail.check({
        params: recovery.procedure.guardrails[guardrail.kind],
        target: recovery.target,
        action,
        plan,
        recovery: recovery.id,
        attempt: recovery.attempt,
        store: road.store,
        now: road.clock.now(),
      });
    } catch (error) {
      verdict = no(`${guardrail.kind} could not decide: ${messageOf(error)}`);
    }
    road.report({ event: 'guardrail', ...about, guardrail: guardrail.kind, verdict });
    verdicts.push({ kind: guardrail.kind, verdict });
  }
  return verdicts;
}

/** All of the refusals in one: undefined when every guardrail lets it. Released when the last of them is. */
export function heldBy(verdicts: readonly Guarded[]): Verdict | undefined {
  const refusals = verdicts.flatMap(({ kind, verdict }) => (verdict.ok ? [] : [{ kind, verdict }]));
  if (refusals.length === 0) return undefined;
  const waits = refusals.map(({ verdict }) => verdict.retryAfterMs);
  const reason = refusals.map(({ kind, verdict }) => `${kind}: ${verdict.reason}`).join('; ');
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === waits.length ? no(reason, Math.max(...known)) : no(reason);
}

/** Reserves what a plan touches beside its target: a verdict when another recovery is under way for some of it. */
export async function reserveOthers(attempt: Attempt, plan: Plan, road: Road): Promise<Verdict | undefined> {
  const others = plan.touches.filter((key) => key !== attempt.recovery.target.key);
  const taken = await road.store.reserve(attempt.run, others);
  return taken && no(`${taken.by} is under way for ${taken.key}`, takenMs);
}
