import { runJobOn } from '../job-template.ts';

export const runJobHorizontalPodAutoscaler = runJobOn('horizontalpodautoscaler');
