import type { TargetKind } from '../../domain/target.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy } from '../../kubernetes/hands-off.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';
import type { PodState } from '../../kubernetes/state.ts';
import { mayRead } from '../../kubernetes/workload-kind.ts';
import { observe } from './observe.ts';
import { symptoms } from './symptoms.ts';

/** A pod that no workload of ours owns: well when it is ready, or has done its work. */
export const pod: TargetKind<PodState> = {
  kind: 'pod',
  platform: 'kubernetes',
  permissions: [mayRead('pods', 'get')],
  resolve: resolveKubernetes('pod'),
  confirm: confirmKubernetes,
  observe,
  symptoms,
  mode: ({ pod: digest }: PodState) => allowedBy(digest),
  instance: ({ pod: { diedAt } }: PodState) => String(diedAt),
  lastLifetimeMs: ({ pod: { lastLifetimeMs } }: PodState) => lastLifetimeMs,
  unsettled: ({ pod: { startedAt, diedAt } }: PodState, now: number, windowMs: number) =>
    Math.max(startedAt, diedAt) > now - windowMs,
  showsOnObject: true,
};
