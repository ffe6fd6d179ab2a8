import { backUpBefore } from './back-up.ts';

export const backupService = backUpBefore('service');
