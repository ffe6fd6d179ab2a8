import { restartWorkload } from './workload.ts';

export const restartDaemonSet = restartWorkload('daemonset');
