import { backUpBefore } from './back-up.ts';

export const backupContainer = backUpBefore('container');
