import { daemonset } from '../../targets/daemonset/daemonset.ts';
import { runJobOn } from '../job-template.ts';

export const runJobDaemonSet = runJobOn(daemonset);
