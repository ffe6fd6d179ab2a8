import { scaleWorkload } from './workload.ts';

// Its pods have names, members that vote and volumes: fewer or more of them is a matter of data.
export const scaleStatefulSet = scaleWorkload('statefulset', 'high');
