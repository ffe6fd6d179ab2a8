import { job } from '../../targets/job/job.ts';
import { runJobOn } from '../job-template.ts';

export const runJobJob = runJobOn(job);
