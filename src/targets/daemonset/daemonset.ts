import { mayRead, workloadKind } from '../../kubernetes/workload-kind.ts';

/** A DaemonSet: well when its rollout is done, and every node that is to run one has a pod that is ready and lives. */
export const daemonset = workloadKind('daemonset', [mayRead('daemonsets.apps', 'get'), mayRead('pods', 'get', 'list')]);
