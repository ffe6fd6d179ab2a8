import { runJobOn } from '../job-template.ts';

export const runJobDeployment = runJobOn('deployment');
