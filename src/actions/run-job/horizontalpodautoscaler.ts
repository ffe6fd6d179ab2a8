import { horizontalpodautoscaler } from '../../targets/horizontalpodautoscaler/horizontalpodautoscaler.ts';
import { runJobOn } from '../job-template.ts';

export const runJobHorizontalPodAutoscaler = runJobOn(horizontalpodautoscaler);
