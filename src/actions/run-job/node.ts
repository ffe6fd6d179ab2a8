import { node } from '../../targets/node/node.ts';
import { runJobOn } from '../job-template.ts';

export const runJobNode = runJobOn(node);
