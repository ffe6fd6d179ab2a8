import type { Entry } from '../domain/recovery.ts';
import type { Plan } from '../domain/plan.ts';
import type { Attempt } from './attempt.ts';
import type { Road } from './road.ts';
import type { Watched } from './watch.ts';
import { onlyLook } from './allowed-now.ts';
import { mayAct } from './guard.ts';

const proofId = 'proof';

/**
 * What has helped may have left something in wait: the entry of the act that shows it, planned, to be carried out next.
 * Undefined: nothing lies in wait, it was looked for already, or it may not be looked for.
 */
export async function proofOf(
  { step: index, plan: done }: Entry,
  { attempt, kind, action }: Pick<Watched, 'kind' | 'action'> & { readonly attempt: Attempt },
  road: Road,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  if (action.proof === undefined || attempt.triedPlans(index).some(({ id }) => id === proofId)) return undefined;
  const { recovery } = attempt;
  const { id, target, labels } = recovery;
  const { params } = recovery.procedure.steps[index] ?? {};
  const state = await kind.observe(target, road.clients(), signal);
  if (state === undefined) return undefined;
  const extra = await action.observe(target, road.clients(), params);
  const input = { target, state, extra, params, labels, recovery: id, now: road.clock.now() };
  const proof = action.proof(input);
  if ('ok' in proof) return undefined;
  const plan: Plan = { ...proof, id: proofId, summary: `${proof.summary}, after: ${done.summary}` };
  if (onlyLook(recovery, kind, road.config(), state) !== undefined) return undefined;
  // It is a part of the step that has helped, and uses up nothing: a target that is well is no reason to call anybody.
  const asking = { attempt, kind, action, step: index, state, plan, observing: true };
  if ((await mayAct(asking, road, signal)).refusal !== undefined) return undefined;
  attempt.planned(action.key, plan);
  return attempt.write({ step: index, candidate: attempt.tried(index), plan, before: state }, 'planned');
}
