import { serves } from '../../kubernetes/serving.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { takenByRollout } from '../taken-by-rollout.ts';

/**
 * How many of the pods that serve going back takes away at the same time, at most: none of those that have the version
 * that is gone back to. `keeper` is the name of the object that keeps it, which ends in what its pods carry as hash. The
 * state tells of twenty pods; of the others it is not known, and they count as taken.
 */
export function takenByRollBack(keeper: string, state: WorkloadState): number {
  const isOfIt = (revision: string): boolean => revision !== '' && `-${keeper}`.endsWith(`-${revision}`);
  const staying = state.pods.filter((pod) => serves(pod) && isOfIt(pod.revision));
  return takenByRollout(state, staying.length);
}
