import { mayRead, workloadKind } from '../../kubernetes/workload-kind.ts';

/** A Deployment: well when its rollout is done, and as many pods as it asks for are ready and do not die. */
export const deployment = workloadKind('deployment', [
  mayRead('deployments.apps', 'get'),
  // Between a pod and its Deployment.
  mayRead('replicasets.apps', 'get', 'list'),
  mayRead('pods', 'get', 'list'),
]);
