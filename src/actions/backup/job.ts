import { backUpBefore } from './back-up.ts';

export const backupJob = backUpBefore('job');
