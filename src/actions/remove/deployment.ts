import { removeAroundWorkload } from './workload.ts';

export const removeAroundDeployment = removeAroundWorkload('deployment');
