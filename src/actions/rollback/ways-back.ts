import { no, type Verdict } from '../../domain/verdict.ts';
import type { KeptRevision } from '../../kubernetes/earlier-than.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';
import { illness, symptoms } from '../../kubernetes/workload.ts';
import { lookAgainMs } from '../pinned-workload.ts';

/** What the action has read of the versions there are. */
export interface Kept<Revision extends KeptRevision> {
  /** `templateHash` of the template the workload had then. */
  readonly hash: string;
  readonly current?: Revision;
  readonly earlier: readonly Revision[];
  /** Pods of the workload; all of those that are ill, or not to be touched, as far as they are to count. */
  readonly pods: readonly PodDigest[];
}

/** What is gone back from, and what to, the newest first; of the latter there is one at least. */
export interface WaysBack<Revision extends KeptRevision> {
  readonly current: Revision;
  readonly better: readonly Revision[];
  /** The pods of the current one that are ill. */
  readonly ill: readonly PodDigest[];
}

/** What keeps the versions of a workload's template. */
export const keeperOf = (kind: WorkloadState['kind']): 'ReplicaSet' | 'ControllerRevision' =>
  kind === 'deployment' ? 'ReplicaSet' : 'ControllerRevision';

const numbers = (revisions: readonly KeptRevision[]): string =>
  `revision${revisions.length > 1 ? 's' : ''} ${revisions.map(({ number }) => number).join(', ')}`;

/** The pods of a revision that are ill. */
const illOf = ({ podHash }: KeptRevision, pods: readonly PodDigest[]): readonly PodDigest[] =>
  pods.filter(({ revision, trouble, terminating }) => revision === podHash && trouble !== '' && !terminating);

/** One that crashes some seconds after each start is ready in between, and available, and ill all the same. */
const wellOf = (revision: KeptRevision, pods: readonly PodDigest[]): number =>
  Math.max(0, revision.available - illOf(revision, pods).filter(({ ready }) => ready).length);

/** How to go back without us, a clause; `number` of the revision, where one is known to work. */
export const byHand = ({ kind, name, namespace }: WorkloadState, number?: number): string =>
  `go back by hand: kubectl rollout undo ${kind}/${name} -n ${namespace} --to-revision=${number ?? '…'}`;

/**
 * A large image is pulled, a node is being added, a load balancer looks at the pod first: that passes, so it is no matter
 * of the template before Kubernetes' own deadline for the roll-out is over, and never where pods of the same template run.
 * A StatefulSet and a DaemonSet have no such deadline.
 */
const isOfTemplate = ({ trouble }: PodDigest, stalled: string, well: number): boolean => {
  const cause = causeOf(trouble);
  return (
    cause === 'start' || cause === 'process' || (['place', 'gate'].includes(cause) && well === 0 && stalled !== '')
  );
};

/** Why the current revision is not to be left, as far as its pods tell; undefined: it is ill. */
function currentIsFine(state: WorkloadState, current: KeptRevision, pods: readonly PodDigest[]): Verdict | undefined {
  const ill = illOf(current, pods);
  const well = wellOf(current, pods);
  const { desired, held = 0, stalled } = state;
  if (ill.some((pod) => isOfTemplate(pod, stalled, well))) return undefined;
  const called = `its current revision ${current.number}`;
  const [first] = ill;
  if (first !== undefined)
    return no(`another template would not mend what ails ${called} (pod ${first.name}: ${first.trouble})`, lookAgainMs);
  // What is held back is not asked of it.
  const asked = Math.max(0, desired - held);
  if (asked === 0 && current.available === 0)
    return no(`no pod has ${called} yet, and none is meant to: its update strategy holds all of them back`);
  if (current.available >= asked) return no(`${called} is fine (${current.available} of ${asked} pods available)`);
  return stalled === '' ? no(`no pod of ${called} is ill, and its roll-out is under way`, lookAgainMs) : undefined;
}

/** Why it is not rolled back; undefined: it is to be looked at which revision it is rolled back to. */
function nothingToDo(state: WorkloadState, hash: string): Verdict | undefined {
  const [symptom] = symptoms(state);
  if (symptom === undefined) return no('nothing is wrong with it');
  if (illness(state).length === 0) return no(`${symptom}, and that may still come to a good end`, lookAgainMs);
  if (state.paused) return no('its roll-out is paused; whoever paused it goes on with: kubectl rollout resume');
  if (hash !== state.templateHash || !state.observed) return no('its template was changed just now', lookAgainMs);
  return undefined;
}

/** Those of the earlier revisions that are seen to work, and better than the current one; or why it is not rolled back. */
export function waysBack<Revision extends KeptRevision>(
  state: WorkloadState,
  { hash, current, earlier, pods }: Kept<Revision>,
): WaysBack<Revision> | Verdict {
  const because = nothingToDo(state, hash);
  if (because !== undefined) return because;
  const keeper = keeperOf(state.kind);
  if (current === undefined) return no(`no ${keeper} of its newest template has been made yet`, lookAgainMs);
  const fine = currentIsFine(state, current, pods);
  if (fine !== undefined) return fine;
  if (earlier.length === 0)
    return no(`there is no earlier revision: no ${keeper} of its own has another template from before this one`);
  const working = earlier.filter((one) => wellOf(one, pods) > 0);
  const there = earlier.length > 1 ? 'are there, but no pod of them' : 'is there, but no pod of it';
  if (working.length === 0)
    return no(`no earlier revision is seen to work: ${numbers(earlier)} ${there} is available; ${byHand(state)}`);
  const well = wellOf(current, pods);
  const better = working.filter((one) => wellOf(one, pods) > well);
  if (better.length === 0)
    return no(
      `${well} pod${well === 1 ? '' : 's'} of its current revision ${current.number} ${well === 1 ? 'works' : 'work'}, and of ${numbers(working)} no more than that; if it is bad all the same, ${byHand(state)}`,
      lookAgainMs,
    );
  const kept = handsOffAny(pods.filter(({ revision }) => revision === current.podHash));
  if (kept !== '') return no(`${kept}, and a roll-back would take that pod away`);
  return { current, better, ill: illOf(current, pods) };
}
