import { no, type Verdict } from '../../domain/verdict.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { comesBackTheSame } from '../../kubernetes/trouble-cause.ts';
import { rolloutUnderWay } from '../../kubernetes/workload.ts';
import { lookAgainMs, phraseOf } from '../pinned-workload.ts';

/**
 * How many pods one plan evicts: more than that is no matter of single pods. Those of a StatefulSet may be members of one
 * quorum, so the next one has to wait until this one is ready again.
 */
const most = { deployment: 5, daemonset: 5, statefulset: 1 } as const;

export interface Extra {
  /** The revision a StatefulSet makes its pods of; empty: not known, or another kind. */
  readonly updateRevision: string;
}

/**
 * The pods whose eviction can help, those that run longest first, or why there are none: one or some that hang beside
 * others that are well, or the only one. What ails them all is not in the pods.
 */
export function sickPods(state: WorkloadState, { updateRevision }: Extra): readonly PodDigest[] | Verdict {
  const not = (because: string, retryAfterMs?: number): Verdict =>
    no(`no pod of ${phraseOf(state)} is deleted: ${because}`, retryAfterMs);
  const { held = 0, starting = 0 } = state;
  const ill = state.pods.filter(({ trouble, terminating }) => trouble !== '' && !terminating);
  const [stuck] = state.pods.filter(({ trouble, terminating }) => trouble !== '' && terminating);
  if (ill.length === 0 && stuck !== undefined)
    return not(`${stuck.name} ${stuck.trouble}: it is deleted already, and only its node can end it`);
  if (ill.length === 0 && starting > 0) return not(`none of them is ill, ${starting} of them starting`, lookAgainMs);
  if (ill.length === 0) return not('none of them is ill');
  // What a roll-out or a rollback has left behind of another version: kubernetes/kubernetes#67250.
  const leftBehind = ill.filter(({ revision }) => held === 0 && updateRevision !== '' && revision !== updateRevision);
  const candidates = leftBehind.length > 0 ? leftBehind : ill;
  if (leftBehind.length === 0) {
    const because = tooMuch(state, not);
    if (because !== undefined) return because;
  }
  // One that is left behind comes back in the new version, whatever ails it.
  const mended = candidates.filter(({ trouble }) => leftBehind.length > 0 || !comesBackTheSame(trouble));
  const [first] = ill;
  if (mended.length === 0 && first !== undefined) return not(`that would not mend ${first.name} (${first.trouble})`);
  const free = mended.filter(({ mode }) => mode === undefined);
  if (free.length === 0) return not(handsOffAny(mended));
  const because = state.kind === 'statefulset' ? oneAtATime(state, free) : '';
  if (because !== '') return not(because, lookAgainMs);
  return free
    .filter(({ neverReady }) => state.kind !== 'statefulset' || neverReady !== true)
    .toSorted(byAge)
    .slice(0, most[state.kind]);
}

/** Why no pod of a StatefulSet is evicted for now, a phrase; empty: one may be. */
function oneAtATime({ pods, starting = 0 }: WorkloadState, ill: readonly PodDigest[]): string {
  const coming = pods.find(({ ready, trouble, terminating }) => terminating || (!ready && trouble === ''));
  if (coming !== undefined)
    return `${coming.name} is ${coming.terminating ? 'stopping' : 'starting'}, and its pods go one at a time`;
  // The state holds only some of its pods.
  if (starting > 0)
    return `${starting} of them ${starting === 1 ? 'is' : 'are'} starting, and its pods go one at a time`;
  const [first] = ill;
  return ill.every(({ neverReady }) => neverReady === true) && first !== undefined
    ? `${first.name} is still starting: it has not been ready yet since its containers started, and none of them has restarted; a new pod would begin anew with what it is at`
    : '';
}

/** Why it is no matter of single pods. */
function tooMuch(state: WorkloadState, not: (because: string, retryAfterMs?: number) => Verdict): Verdict | undefined {
  const { present, desired, stalled, strategy, updated, pods } = state;
  // One that does not come to its end counts as ill, but not as present.
  const ill = state.ill - pods.filter(({ terminating, trouble }) => terminating && trouble !== '').length;
  if (strategy === 'OnDelete' && updated < present)
    return not(
      'its update strategy is OnDelete and its template is newer than its pods: they would come back in another version',
    );
  if (present < desired) {
    const why = stalled === '' ? '' : `, ${stalled}`;
    const then = 'what keeps the others away may keep the next one away too';
    return not(`only ${present} of ${desired} pods are there${why}: ${then}`, lookAgainMs);
  }
  const rollout = rolloutUnderWay(state);
  if (rollout !== '' && stalled === '') return not(rollout, lookAgainMs);
  if (rollout !== '') return not(`${stalled}: that is no hung pod; rollback is for that`);
  if (ill >= present && present > 1)
    return not(`all ${present} pods are ill: that is no hung pod; restart or rollback`);
  return undefined;
}

/** The one that runs longest first; those that never ran last. */
const byAge = (one: PodDigest, other: PodDigest): number =>
  (one.startedAt || Infinity) - (other.startedAt || Infinity) || one.name.localeCompare(other.name);
