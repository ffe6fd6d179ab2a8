import { backUpBefore } from './back-up.ts';

export const backupPersistentVolumeClaim = backUpBefore('persistentvolumeclaim');
