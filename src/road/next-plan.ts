import type { Action } from '../domain/action.ts';
import type { Plan } from '../domain/plan.ts';
import { no, type Verdict } from '../domain/verdict.ts';

/**
 * The best plan that was not tried yet, or why there is nothing to do. What was kept of those that were tried is no
 * candidate any more: where the others move up, they are known by their ids.
 */
export function nextPlan(action: Action, tried: readonly Plan[], input: Parameters<Action['plan']>[0]): Plan | Verdict {
  const candidates = action.plan(input);
  if ('ok' in candidates) return candidates;
  const known = new Set(tried.flatMap(({ id }) => id ?? []));
  const next = candidates.every(({ id }) => id !== undefined)
    ? candidates.find(({ id = '' }) => !known.has(id))
    : candidates[tried.length];
  return next ?? no(`nothing left to try after ${tried.length} of ${candidates.length} candidates`);
}
