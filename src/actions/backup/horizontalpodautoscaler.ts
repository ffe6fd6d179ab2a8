import { backUpBefore } from './back-up.ts';

export const backupHorizontalPodAutoscaler = backUpBefore('horizontalpodautoscaler');
