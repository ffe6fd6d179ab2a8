import type { ContainerState } from '../../domain/clients.ts';
import { symptoms } from './symptoms.ts';

/** A container is one replica, and serves when nothing is wrong with it. */
export const capacity = (state: ContainerState): { readonly desired: number; readonly ready: number } => ({
  desired: 1,
  ready: symptoms(state).length === 0 ? 1 : 0,
});
