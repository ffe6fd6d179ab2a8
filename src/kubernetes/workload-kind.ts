import type { Permission } from '../domain/permission.ts';
import type { TargetKind } from '../domain/target.ts';
import { confirmKubernetes } from './confirm.ts';
import { allowedBy } from './hands-off.ts';
import { observeWorkload } from './observe-workload.ts';
import { resolveKubernetes } from './resolve.ts';
import { serving } from './serving.ts';
import type { WorkloadState } from './state.ts';
import { illness, instance, lastLifetimeMs, progress, symptoms, unsettled } from './workload.ts';

/** What the kinds of workload share, which is all but their permissions and their controllers' own words. */
export const workloadKind = (
  kind: WorkloadState['kind'],
  permissions: readonly Permission[],
): TargetKind<WorkloadState> => ({
  kind,
  platform: 'kubernetes',
  permissions,
  resolve: resolveKubernetes(kind),
  confirm: confirmKubernetes,
  observe: observeWorkload(kind),
  symptoms,
  illness,
  instance,
  lastLifetimeMs,
  unsettled,
  mode: allowedBy,
  progress,
  capacity: (state) => ({ desired: state.desired, ready: serving(state) }),
  showsOnObject: true,
});

/** `get deployments.apps` */
export const mayRead = (resource: string, ...verbs: readonly string[]): Permission => ({
  platform: 'kubernetes',
  resource,
  verbs,
});
