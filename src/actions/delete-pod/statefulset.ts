import { deletePodOf } from './workload.ts';

export const deletePodOfStatefulSet = deletePodOf('statefulset');
