import { removeAroundWorkload } from './workload.ts';

export const removeAroundStatefulSet = removeAroundWorkload('statefulset');
