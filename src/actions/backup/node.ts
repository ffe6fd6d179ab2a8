import { backUpBefore } from './back-up.ts';

export const backupNode = backUpBefore('node');
