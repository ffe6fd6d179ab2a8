import { backUpBefore } from './back-up.ts';

export const backupStatefulSet = backUpBefore('statefulset');
