import type { PlanInput } from '../../domain/action.ts';
import { no } from '../../domain/verdict.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { knownGood, type Wanted } from './known-good.ts';
import type { Params } from './params.ts';
import type { ReplicaHistory } from './replica-history.ts';
import { many } from './replicas.ts';

/**
 * How many replicas it is to have, or why not. Only an explicit `to: 0` takes the last one away. The history is read for
 * `to: known-good` only.
 */
export function wanted(
  { state, params: given, now }: Pick<PlanInput<Params, WorkloadState>, 'state' | 'params' | 'now'>,
  history: ReplicaHistory | undefined,
): Wanted {
  const { desired } = state;
  const plainly = (to: number): Wanted => ({ to, why: '' });
  if ('to' in given) {
    if (given.to === desired) return no(`it has ${many(desired)} already`);
    if (given.to !== 'known-good') return plainly(given.to);
    if (history === undefined) throw new Error('observe was not told that the step goes by what it had');
    return knownGood(state, history, now);
  }
  const { by, max } = given;
  if (desired === 0) return no('it is scaled to 0, and a factor of that is 0; give the step a number: scale: {to: 3}');
  if (by > 1 && desired >= max) return no(`it has ${many(desired)}, and the ceiling of the step is ${max}`);
  // 100 × 1.1 is 110.00000000000001 here, and 100 × 0.29 less than 29.
  const exact = Number((desired * by).toPrecision(12));
  const to = by > 1 ? Math.min(Math.ceil(exact), max) : Math.max(Math.floor(exact), 1);
  return to === desired ? no(`${by} times ${many(desired)} is ${to}`) : plainly(to);
}
