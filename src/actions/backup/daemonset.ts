import { backUpBefore } from './back-up.ts';

export const backupDaemonSet = backUpBefore('daemonset');
