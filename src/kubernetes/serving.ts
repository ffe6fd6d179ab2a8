import type { PodDigest, WorkloadState } from './state.ts';

/** One that crashes is ready between two deaths, and serves nobody. */
export const serves = ({ ready, trouble }: Pick<PodDigest, 'ready' | 'trouble'>): boolean => ready && trouble === '';

/** How many of its pods serve; the state tells of twenty of them. */
export const serving = ({ ready, pods }: Pick<WorkloadState, 'ready' | 'pods'>): number =>
  ready - pods.filter((pod) => pod.ready && !serves(pod)).length;
