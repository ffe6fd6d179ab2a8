import type { TargetKind } from '../domain/target.ts';
import { container } from './container/container.ts';
import { cronjob } from './cronjob/cronjob.ts';
import { daemonset } from './daemonset/daemonset.ts';
import { deployment } from './deployment/deployment.ts';
import { horizontalpodautoscaler } from './horizontalpodautoscaler/horizontalpodautoscaler.ts';
import { job } from './job/job.ts';
import { node } from './node/node.ts';
import { persistentvolumeclaim } from './persistentvolumeclaim/persistentvolumeclaim.ts';
import { pod } from './pod/pod.ts';
import { service } from './service/service.ts';
import { statefulset } from './statefulset/statefulset.ts';

/**
 * Every kind of target there is: one folder each. `resolve` is asked in this order; labels that name one kind of
 * Kubernetes object name no other, and a container only where they name none.
 */
export const targets: readonly TargetKind[] = [
  deployment,
  statefulset,
  daemonset,
  pod,
  job,
  cronjob,
  node,
  persistentvolumeclaim,
  horizontalpodautoscaler,
  service,
  container,
];
