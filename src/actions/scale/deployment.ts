import { scaleWorkload } from './workload.ts';

export const scaleDeployment = scaleWorkload('deployment', 'low');
