import { restartWorkload } from './workload.ts';

export const restartDeployment = restartWorkload('deployment');
