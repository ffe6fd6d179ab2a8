import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import type { Clients, ContainerState } from '../../domain/clients.ts';
import type { Target } from '../../domain/target.ts';
import { no, yes } from '../../domain/verdict.ts';
import { parseContainerKey } from '../../targets/container/key.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { symptoms } from '../../targets/container/symptoms.ts';
import { noParams } from '../no-params.ts';
import { beyondHope, look, lookAgainMs, pin, pinnedContainer, settledBy } from '../pinned-container.ts';

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
  gone: 'it is gone',
};

/** When somebody stopped it by a command, ISO time; absent: nobody is known to have. */
const stopped = z.object({ stoppedAt: z.iso.datetime().optional() });

async function observe(target: Target, clients: Clients): Promise<z.infer<typeof stopped>> {
  const { engine } = parseContainerKey(target.key);
  const docker = dockerEngine(engine, clients);
  const state = target.uid === undefined ? undefined : await docker.inspect(target.uid);
  // A restart stops first, and says so: where its start then failed, the engine has kept the error.
  if (state?.status !== 'exited' || state.error !== '') return {};
  const at = await docker.stoppedAt(state.id, state.finishedAt);
  // A stop before its last start was about an instance before it.
  return at !== undefined && at >= state.startedAt ? { stoppedAt: new Date(at).toISOString() } : {};
}

/** Why there is nothing to start; undefined: there is. */
function nothingToDo({ status, exitCode }: ContainerState, extra: unknown): string | undefined {
  const { stoppedAt } = stopped.parse(extra ?? {});
  if (stoppedAt !== undefined)
    return `somebody stopped it at ${stoppedAt}, and what was stopped on purpose stays stopped`;
  const finished = status === 'exited' && exitCode === 0;
  return finished ? 'it ended by itself with exit code 0; a finished job is not started again' : notDown[status];
}

function plan({ target, state, extra }: { target: Target; state: ContainerState; extra: unknown }) {
  const because = nothingToDo(state, extra);
  // Its restart policy is at it: what comes of that is looked at a little later.
  const later = state.status === 'restarting' ? lookAgainMs : undefined;
  if (because !== undefined) return no(`container ${state.name} is not started: ${because}`, later);
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
    { platform: 'docker', resource: 'GET /events', verbs: ['GET'] },
    { platform: 'docker', resource: 'POST /containers/{id}/start', verbs: ['POST'] },
  ],
  params: noParams,
  change,
  observe,
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
