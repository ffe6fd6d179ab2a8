import { runJobOn } from '../job-template.ts';

export const runJobCronJob = runJobOn('cronjob');
