import { deployment } from '../../targets/deployment/deployment.ts';
import { runJobOn } from '../job-template.ts';

export const runJobDeployment = runJobOn(deployment);
