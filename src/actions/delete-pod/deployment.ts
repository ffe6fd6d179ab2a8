import { deletePodOf } from './workload.ts';

export const deletePodOfDeployment = deletePodOf('deployment');
