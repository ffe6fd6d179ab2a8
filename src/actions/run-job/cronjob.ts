import { cronjob } from '../../targets/cronjob/cronjob.ts';
import { runJobOn } from '../job-template.ts';

export const runJobCronJob = runJobOn(cronjob);
