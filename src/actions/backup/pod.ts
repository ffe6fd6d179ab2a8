import { backUpBefore } from './back-up.ts';

export const backupPod = backUpBefore('pod');
