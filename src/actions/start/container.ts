import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import type { ContainerState } from '../../domain/clients.ts';
import type { Target } from '../../domain/target.ts';
import { no, yes } from '../../domain/verdict.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { symptoms } from '../../targets/container/symptoms.ts';
import { noParams } from '../no-params.ts';
import { beyondHope, look, pin, pinnedContainer, settledBy } from '../pinned-container.ts';

const change = z.strictObject(pinnedContainer);
type Change = z.infer<typeof change>;

/** Another start than the pinned one counts also when that instance is down again: it was started. */
const started = ({ status, startedAt }: ContainerState, pinned: Change): boolean =>
  status === 'running' || startedAt !== pinned.startedAt;

const notDown: Partial<Record<ContainerState['status'], string>> = {
  running: 'it is running already',
  paused: 'it is paused, which unpause is for',
  restarting: "the engine's restart policy is restarting it already",
  removing: 'it is being removed',
};

/** Why there is nothing to start; undefined: there is. */
function nothingToDo({ status, exitCode }: ContainerState): string | undefined {
  const finished = status === 'exited' && exitCode === 0;
  return finished ? 'it ended by itself with exit code 0; a finished job is not started again' : notDown[status];
}

function plan({ target, state }: { target: Target; state: ContainerState }) {
  const because = nothingToDo(state);
  if (because !== undefined) return no(`container ${state.name} is not started: ${because}`);
  return [
    {
      summary: `start container ${state.name} (${symptoms(state).join(', ')})`,
      touches: [target.key],
      change: pin(target, state),
      ownTimeMs: 5_000,
    },
  ];
}

/** Starts a container that is down and that nobody else is going to start. */
export const startContainer = defineAction<undefined, ContainerState, Change>({
  verb: 'start',
  on: 'container',
  role: 'fix',
  risk: 'low',
  permissions: [
    { platform: 'docker', resource: 'GET /containers/{id}/json', verbs: ['GET'] },
    { platform: 'docker', resource: 'POST /containers/{id}/start', verbs: ['POST'] },
  ],
  params: noParams,
  change,
  plan,
  apply: async (pinned, clients, signal) => {
    if (started(await look(pinned, clients, signal), pinned)) return;
    await dockerEngine(pinned.engine, clients).start(pinned.id, signal);
  },
  settled: (pinned, clients) => settledBy(pinned, clients, (state) => started(state, pinned)),
  verify: ({ state, change: pinned }) => {
    if (!started(state, pinned)) return no(`container ${pinned.name} has not started yet`);
    return beyondHope(state) ?? yes(`container ${pinned.name} has been started`);
  },
});
