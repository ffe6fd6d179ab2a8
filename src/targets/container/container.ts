import type { ContainerState } from '../../domain/clients.ts';
import { predecessors } from '../../domain/recreated-from.ts';
import type { TargetKind } from '../../domain/target.ts';
import { capacity } from './capacity.ts';
import { confirm } from './confirm.ts';
import { dockerEngine } from './engine.ts';
import { goneContainer } from './gone.ts';
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
    const docker = dockerEngine(engine, clients);
    const state = await docker.inspect(target.uid ?? name, signal);
    if (state?.name === name) return state;
    // Renamed, or gone: whoever has the name now is another one, unless we have made it in its place.
    const holder = target.uid === undefined ? undefined : await docker.inspect(name, signal);
    if (holder?.name === name && predecessors(holder.labels).includes(target.uid ?? '')) return holder;
    return target.remembered ? goneContainer(name) : undefined;
  },
  symptoms,
  lastLifetimeMs,
  instance: ({ startedAt }: ContainerState) => String(startedAt),
  unsettled,
  mode: modeOf,
  capacity,
  showsOnObject: true,
};
