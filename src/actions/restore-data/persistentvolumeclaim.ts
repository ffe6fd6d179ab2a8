import { bringBackFor } from './bring-back.ts';

export const restoreDataPersistentVolumeClaim = bringBackFor('persistentvolumeclaim');
