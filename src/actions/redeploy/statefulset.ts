import { redeployWorkload } from './workload.ts';

export const redeployStatefulSet = redeployWorkload('statefulset');
