import { removeAroundWorkload } from './workload.ts';

export const removeAroundDaemonSet = removeAroundWorkload('daemonset');
