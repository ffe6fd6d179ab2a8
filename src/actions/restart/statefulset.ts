import { restartWorkload } from './workload.ts';

export const restartStatefulSet = restartWorkload('statefulset');
