import { runJobOn } from '../job-template.ts';

export const runJobPod = runJobOn('pod');
