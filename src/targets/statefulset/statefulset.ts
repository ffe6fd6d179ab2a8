import { mayRead, workloadKind } from '../../kubernetes/workload-kind.ts';

/** A StatefulSet: well when its rollout has come to its partition, and every ordinal has a pod that is ready and lives. */
export const statefulset = workloadKind('statefulset', [
  mayRead('statefulsets.apps', 'get'),
  mayRead('pods', 'get', 'list'),
]);
