import { bringBackFor } from './bring-back.ts';

export const restoreDataStatefulSet = bringBackFor('statefulset');
