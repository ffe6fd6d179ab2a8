import { redeployWorkload } from './workload.ts';

export const redeployDaemonSet = redeployWorkload('daemonset');
