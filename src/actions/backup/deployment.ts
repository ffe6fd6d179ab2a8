import { backUpBefore } from './back-up.ts';

export const backupDeployment = backUpBefore('deployment');
