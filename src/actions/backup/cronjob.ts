import { backUpBefore } from './back-up.ts';

export const backupCronJob = backUpBefore('cronjob');
