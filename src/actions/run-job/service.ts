import { service } from '../../targets/service/service.ts';
import { runJobOn } from '../job-template.ts';

export const runJobService = runJobOn(service);
