import { defineAction } from '../../domain/action.ts';
import type { ContainerState } from '../../domain/clients.ts';
import { no, yes } from '../../domain/verdict.ts';
import { predecessors } from '../../domain/recreated-from.ts';
import { keptName } from '../../domain/set-aside.ts';
import { capacity } from '../../targets/container/capacity.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { goTo, settledAs, takeBack } from '../container-writer.ts';
import { noParams } from '../no-params.ts';
import { beyondHope } from '../pinned-container.ts';
import { observeWaysBack } from './container-back.ts';
import { type Change, change } from './container-change.ts';
import { planWaysBack } from './container-plan.ts';

const write = (resource: string) => ({ platform: 'docker', resource: `POST ${resource}`, verbs: ['POST'] }) as const;
const read = (resource: string) => ({ platform: 'docker', resource: `GET ${resource}`, verbs: ['GET'] }) as const;

/**
 * Puts a container back to how it was when it was healthy: its networks and limits while it runs, all else by making it
 * anew in its place, with its volumes. The one before is kept until the new one has run for a while, and for good
 * where it has written outside of its volumes.
 */
export const rollbackContainer = defineAction<undefined, ContainerState, Change>({
  verb: 'rollback',
  on: 'container',
  role: 'fix',
  risk: 'low',
  permissions: [
    ...['json', '{id}/json', '{id}/changes'].map((path) => read(`/containers/${path}`)),
    ...['/networks', '/volumes', '/images/{name}/json', '/events'].map(read),
    ...['create', '{id}/start', '{id}/stop', '{id}/unpause', '{id}/rename', '{id}/update'].map((act) =>
      write(`/containers/${act}`),
    ),
    { platform: 'docker', resource: 'DELETE /containers/{id}', verbs: ['DELETE'] },
    ...['create', '{id}/connect', '{id}/disconnect'].map((act) => write(`/networks/${act}`)),
  ],
  params: noParams,
  change,
  observe: (target, clients) => observeWaysBack(target, clients, Date.now()),
  plan: planWaysBack,
  apply: goTo,
  settled: settledAs,
  undo: takeBack,
  takesAway: ({ way }, state) => (way === 'recreate' ? capacity(state).ready : 0),
  look: async ({ engine, id, name, way }, clients) =>
    way === 'recreate' && (await dockerEngine(engine, clients).inspect(id))?.name === keptName(name, id),
  verify: ({ state, seen, change: { id, name, way } }) => {
    const isAnew = state.id !== id && predecessors(state.labels).includes(id);
    if (way === 'recreate' ? !isAnew : state.id !== id) return no(`container ${name} has not been put back yet`);
    const aside = `the one before is kept, stopped, as ${keptName(name, id)}: docker rm it when nothing in it is needed`;
    const kept = seen === true ? `; ${aside}` : '';
    return beyondHope(state) ?? yes(`container ${name} is as it was when it was healthy${kept}`);
  },
});
