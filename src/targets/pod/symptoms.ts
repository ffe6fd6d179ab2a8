import type { PodState } from '../../kubernetes/state.ts';

/** One phrase at most; none: it is ready, or has done its work. */
export function symptoms({ pod: { trouble, ready, terminating, completed } }: PodState): readonly string[] {
  if (trouble !== '') return [trouble];
  if (terminating) return ['is being deleted'];
  return ready || completed === true ? [] : ['is starting'];
}
