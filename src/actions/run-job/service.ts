import { runJobOn } from '../job-template.ts';

export const runJobService = runJobOn('service');
