import type { ContainerState } from '../../domain/clients.ts';
import type { TargetKind } from '../../domain/target.ts';
import { capacity } from './capacity.ts';
import { confirm } from './confirm.ts';
import { dockerEngine } from './engine.ts';
import { parseContainerKey } from './key.ts';
import { modeOf } from './protected.ts';
import { resolve } from './resolve.ts';
import { lastLifetimeMs, symptoms, unsettled } from './symptoms.ts';

/** A Docker container: well when it runs and its health check, if it has one, passes. */
export const container: TargetKind<ContainerState> = {
  kind: 'container',
  platform: 'docker',
  permissions: [
    { platform: 'docker', resource: 'GET /containers/json', verbs: ['GET'] },
    { platform: 'docker', resource: 'GET /containers/{id}/json', verbs: ['GET'] },
  ],
  resolve,
  confirm,
  observe: async (target, clients, signal) => {
    const { engine, name } = parseContainerKey(target.key);
    const state = await dockerEngine(engine, clients).inspect(target.uid ?? name, signal);
    // Renamed: whoever has the name now is another one.
    return state?.name === name ? state : undefined;
  },
  symptoms,
  lastLifetimeMs,
  instance: ({ startedAt }: ContainerState) => String(startedAt),
  unsettled,
  mode: modeOf,
  capacity,
  showsOnObject: true,
};
