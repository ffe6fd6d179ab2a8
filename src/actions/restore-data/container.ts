import { bringBackFor } from './bring-back.ts';

export const restoreDataContainer = bringBackFor('container');
