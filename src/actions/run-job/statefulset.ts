import { statefulset } from '../../targets/statefulset/statefulset.ts';
import { runJobOn } from '../job-template.ts';

export const runJobStatefulSet = runJobOn(statefulset);
