import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import type { ContainerState } from '../../domain/clients.ts';
import type { Target } from '../../domain/target.ts';
import { no, yes } from '../../domain/verdict.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { noParams } from '../no-params.ts';
import { beyondHope, look, pin, pinnedContainer, settledBy } from '../pinned-container.ts';

const change = z.strictObject(pinnedContainer);
type Change = z.infer<typeof change>;

const unpaused = ({ status }: ContainerState): boolean => status !== 'paused';

function plan({ target, state }: { target: Target; state: ContainerState }) {
  if (unpaused(state)) return no(`container ${state.name} is not unpaused: it is ${state.status}, not paused`);
  return [
    {
      summary: `unpause container ${state.name} (paused)`,
      touches: [target.key],
      change: pin(target, state),
      ownTimeMs: 5_000,
    },
  ];
}

/** Lets the frozen processes of a paused container go on. */
export const unpauseContainer = defineAction<undefined, ContainerState, Change>({
  verb: 'unpause',
  on: 'container',
  role: 'fix',
  risk: 'low',
  permissions: [
    { platform: 'docker', resource: 'GET /containers/{id}/json', verbs: ['GET'] },
    { platform: 'docker', resource: 'POST /containers/{id}/unpause', verbs: ['POST'] },
  ],
  params: noParams,
  change,
  plan,
  apply: async (pinned, clients, signal) => {
    if (unpaused(await look(pinned, clients, signal))) return;
    await dockerEngine(pinned.engine, clients).unpause(pinned.id, signal);
  },
  settled: (pinned, clients) => settledBy(pinned, clients, unpaused),
  verify: ({ state, change: pinned }) => {
    if (!unpaused(state)) return no(`container ${pinned.name} is still paused`);
    return beyondHope(state) ?? yes(`container ${pinned.name} goes on`);
  },
});
