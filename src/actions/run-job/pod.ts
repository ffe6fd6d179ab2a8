import { pod } from '../../targets/pod/pod.ts';
import { runJobOn } from '../job-template.ts';

export const runJobPod = runJobOn(pod);
