import { runJobOn } from '../job-template.ts';

export const runJobDaemonSet = runJobOn('daemonset');
