import type { Action } from '../domain/action.ts';
import type { Plan } from '../domain/plan.ts';
import { no, type Verdict } from '../domain/verdict.ts';

/** The best plan that was not tried yet, or why there is nothing to do. */
export function nextPlan(action: Action, tried: number, input: Parameters<Action['plan']>[0]): Plan | Verdict {
  const candidates = action.plan(input);
  if ('ok' in candidates) return candidates;
  return candidates[tried] ?? no(`nothing left to try after ${tried} of ${candidates.length} candidates`);
}
