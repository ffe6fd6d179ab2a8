import { redeployWorkload } from './workload.ts';

export const redeployDeployment = redeployWorkload('deployment');
