import { runJobOn } from '../job-template.ts';

export const runJobStatefulSet = runJobOn('statefulset');
