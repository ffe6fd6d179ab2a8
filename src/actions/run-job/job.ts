import { runJobOn } from '../job-template.ts';

export const runJobJob = runJobOn('job');
