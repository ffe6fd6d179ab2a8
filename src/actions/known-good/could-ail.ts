import type { Change } from '../../domain/known-good.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';
import type { Recalled } from './recall.ts';

interface About {
  readonly target: string;
  readonly recalled: Recalled;
  readonly autoscaler: string | null;
}

/** Kinds that are behind a workload, and can not make its pods ill. */
const behind = new Set(['ingress', 'horizontalpodautoscaler']);
/** Paths of a workload that mean nothing to its pods. The first label of an object comes with all of its `metadata`. */
const marks = ['/metadata', '/spec/revisionHistoryLimit', '/spec/progressDeadlineSeconds'];
/** Kinds whose labels and annotations mean something to pods: what may run there, and as whom. */
const labelled = new Set(['namespace', 'node', 'serviceaccount']);

/**
 * Whether a change can be why the workload is as ill as it is. Its number of replicas is only put back when it is 0: a
 * smaller number is somebody's intent, and no reason to be ill.
 */
export function couldAil(state: WorkloadState, { target, recalled, autoscaler }: About): (change: Change) => boolean {
  const isZero = state.desired === 0;
  const unplaced = state.pods.some(({ trouble }) => trouble !== '' && causeOf(trouble) === 'place');
  return ({ object, path }) => {
    const { kind } = parseKubernetesKey(object);
    if (object === target) {
      if (path === '/spec/replicas') return isZero && autoscaler === null;
      return !isZero && !marks.some((mark) => path.startsWith(mark));
    }
    if (isZero || behind.has(kind) || recalled.others.includes(kind)) return false;
    // One that only leads to its pods: what calls through it is ill then, not they.
    if (
      kind === 'service' &&
      !recalled.remembered.graph.some(({ key, why }) => key === object && why.includes(' speaks of '))
    )
      return false;
    if (path.startsWith('/metadata') && !labelled.has(kind)) return false;
    return kind !== 'node' || unplaced;
  };
}
