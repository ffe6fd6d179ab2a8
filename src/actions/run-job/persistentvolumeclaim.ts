import { runJobOn } from '../job-template.ts';

export const runJobPersistentVolumeClaim = runJobOn('persistentvolumeclaim');
