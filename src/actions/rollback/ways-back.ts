import { no, type Verdict } from '../../domain/verdict.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import type { History, Revision } from '../../kubernetes/revisions.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';
import { illness, symptoms } from '../../kubernetes/workload.ts';
import { lookAgainMs } from '../pinned-workload.ts';

/** What is gone back from, and what to, the newest first; of the latter there is one at least. */
export interface WaysBack {
  readonly current: Revision;
  readonly better: readonly Revision[];
}

const numbers = (revisions: readonly Revision[]): string =>
  `revision${revisions.length > 1 ? 's' : ''} ${revisions.map(({ number }) => number).join(', ')}`;

/** The pods of the current revision that are ill. */
const illOf = ({ podHash }: Revision, { pods }: WorkloadState): readonly PodDigest[] =>
  pods.filter(({ revision, trouble, terminating }) => revision === podHash && trouble !== '' && !terminating);

/** One that crashes some seconds after each start is ready in between, and available, and ill all the same. */
const wellOf = (current: Revision, state: WorkloadState): number =>
  Math.max(0, current.available - illOf(current, state).filter(({ ready }) => ready).length);

/** Where some pods of the same template have a place and run, its not having one is no matter of the template. */
const isOfTemplate = ({ trouble }: PodDigest, well: number): boolean => {
  const cause = causeOf(trouble);
  return cause === 'start' || cause === 'process' || (cause === 'place' && well === 0);
};

/** Why the current revision is not to be left, as far as its pods tell; undefined: it is ill. */
function currentIsFine(state: WorkloadState, current: Revision): Verdict | undefined {
  const ill = illOf(current, state);
  const well = wellOf(current, state);
  if (ill.some((pod) => isOfTemplate(pod, well))) return undefined;
  const { desired, stalled } = state;
  const called = `its current revision ${current.number}`;
  const [first] = ill;
  if (first !== undefined)
    return no(`another template would not mend what ails ${called} (pod ${first.name}: ${first.trouble})`, lookAgainMs);
  if (current.available >= desired) return no(`${called} is fine (${current.available} of ${desired} pods available)`);
  return stalled === '' ? no(`no pod of ${called} is ill, and its roll-out is under way`, lookAgainMs) : undefined;
}

/** Why it is not rolled back; undefined: it is to be looked at which revision it is rolled back to. */
function nothingToDo(state: WorkloadState, history: History): Verdict | undefined {
  const [symptom] = symptoms(state);
  if (symptom === undefined) return no('nothing is wrong with it');
  if (illness(state).length === 0) return no(`${symptom}, and that may still come to a good end`, lookAgainMs);
  if (state.paused) return no('its roll-out is paused; whoever paused it goes on with: kubectl rollout resume');
  if (history.hash !== state.templateHash || !state.observed)
    return no('its template was changed just now', lookAgainMs);
  return undefined;
}

/** Those of the earlier revisions that are seen to work, and better than the current one; or why it is not rolled back. */
export function waysBack(state: WorkloadState, history: History): WaysBack | Verdict {
  const because = nothingToDo(state, history);
  if (because !== undefined) return because;
  const { current, earlier } = history;
  if (current === undefined) return no('no ReplicaSet of its newest template has been made yet', lookAgainMs);
  const fine = currentIsFine(state, current);
  if (fine !== undefined) return fine;
  if (earlier.length === 0)
    return no('there is no earlier revision: no ReplicaSet of its own has another template from before this one');
  const working = earlier.filter(({ available }) => available > 0);
  const there = earlier.length > 1 ? 'are there, but no pod of them' : 'is there, but no pod of it';
  const byHand = `go back by hand: kubectl rollout undo deployment/${state.name} -n ${state.namespace} --to-revision=…`;
  if (working.length === 0)
    return no(`no earlier revision is seen to work: ${numbers(earlier)} ${there} is available; ${byHand}`);
  const well = wellOf(current, state);
  const better = working.filter(({ available }) => available > well);
  if (better.length === 0)
    return no(
      `${well} pod${well === 1 ? '' : 's'} of its current revision ${current.number} ${well === 1 ? 'works' : 'work'}, and of ${numbers(working)} no more than that; if it is bad all the same, ${byHand}`,
      lookAgainMs,
    );
  const kept = handsOffAny(state.pods.filter(({ revision }) => revision === current.podHash));
  return kept === '' ? { current, better } : no(`${kept}, and a roll-back would take that pod away`);
}
