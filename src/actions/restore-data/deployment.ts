import { bringBackFor } from './bring-back.ts';

export const restoreDataDeployment = bringBackFor('deployment');
