import { runJobOn } from '../job-template.ts';

export const runJobNode = runJobOn('node');
