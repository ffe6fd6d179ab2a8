import { persistentvolumeclaim } from '../../targets/persistentvolumeclaim/persistentvolumeclaim.ts';
import { runJobOn } from '../job-template.ts';

export const runJobPersistentVolumeClaim = runJobOn(persistentvolumeclaim);
