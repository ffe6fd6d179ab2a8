import { serving } from '../kubernetes/serving.ts';
import type { WorkloadState } from '../kubernetes/state.ts';

/**
 * How many of the pods that serve a roll-out takes away at the same time, at most; `staying` of those that serve are of
 * the new version already, and are left alone.
 */
export const takenByRollout = (state: WorkloadState, staying = 0): number =>
  Math.min(Math.max(0, serving(state) - staying), mostAtOnce(state));

/** How many pods that are ready its controller stops before new ones are, whether they serve or crash later. */
function mostAtOnce({ kind, strategy, desired, ready, available, maxUnavailable }: WorkloadState): number {
  if (strategy === 'OnDelete') return 0;
  if (strategy === 'Recreate') return ready;
  // With the lower ones ill it may stop the highest one all the same (Parallel).
  if (kind === 'statefulset') return maxUnavailable ?? 1;
  // The others keep as many available, and those that are missing already count (a DaemonSet's since Kubernetes 1.31,
  // kubernetes/kubernetes#123232). Nobody knows the number: all of them.
  const kept = Math.max(0, desired - (maxUnavailable ?? desired));
  // One that is ready but not for long enough to be available (minReadySeconds) is as good as ill, and replaced at once.
  return ready - Math.min(kept, ready, available);
}
