import { deletePodOf } from './workload.ts';

export const deletePodOfDaemonSet = deletePodOf('daemonset');
