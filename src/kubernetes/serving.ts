import type { WorkloadState } from './state.ts';

/** How many of its pods serve: one that crashes is ready between two deaths, and serves nobody. */
export const serving = ({ ready, pods }: Pick<WorkloadState, 'ready' | 'pods'>): number =>
  ready - pods.filter((pod) => pod.ready && pod.trouble !== '').length;
