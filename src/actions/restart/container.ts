import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import type { ContainerState } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { capacity } from '../../targets/container/capacity.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { symptoms } from '../../targets/container/symptoms.ts';
import { beyondHope, look, lookAgainMs, pin, pinnedContainer, settledBy } from '../pinned-container.ts';
import { type Params, params } from './params.ts';

const change = z.strictObject({ ...pinnedContainer, stopTimeoutS: z.number().int().nonnegative() });
type Change = z.infer<typeof change>;

const restarted = (state: ContainerState, { startedAt }: Change): boolean => state.startedAt !== startedAt;

/** Why there is nothing to restart; undefined: there is. Only a container that runs and is ill gains by it. */
function nothingToDo({ name, status, health }: ContainerState, ill: readonly string[]): Verdict | undefined {
  const not = (because: string, retryAfterMs?: number): Verdict =>
    no(`container ${name} is not restarted: ${because}`, retryAfterMs);
  if (status === 'restarting') return not("the engine's restart policy is restarting it already", lookAgainMs);
  if (status !== 'running') return not(`it is not running (${ill.join(', ')})`);
  if (health === 'starting') return not('it has started lately, and its health check has not passed yet', lookAgainMs);
  return ill.length === 0 ? not('nothing is wrong with it') : undefined;
}

function plan({ target, state, params: { stopTimeoutS } }: { target: Target; state: ContainerState; params: Params }) {
  const { name } = state;
  const ill = symptoms(state);
  const because = nothingToDo(state, ill);
  if (because !== undefined) return because;
  const stopS = stopTimeoutS ?? state.stopTimeoutS;
  // The engine would wait for ever, and so should we.
  if (stopS < 0)
    return no(`container ${name} has no stop timeout of its own; give the step one: restart: {timeout: 10s}`);
  return [
    {
      summary: `restart container ${name} (${ill.join(', ')}), ${stopS} s to stop`,
      touches: [target.key],
      change: { ...pin(target, state), stopTimeoutS: stopS },
      ownTimeMs: stopS * 1000 + 5_000,
    },
  ];
}

/** Stops the container and starts it again. Not for one that is down: that joins its crash loop. */
export const restartContainer = defineAction<Params, ContainerState, Change>({
  verb: 'restart',
  on: 'container',
  role: 'fix',
  risk: 'low',
  permissions: [
    { platform: 'docker', resource: 'GET /containers/{id}/json', verbs: ['GET'] },
    { platform: 'docker', resource: 'POST /containers/{id}/restart', verbs: ['POST'] },
  ],
  params,
  change,
  plan,
  apply: async (pinned, clients, signal) => {
    const state = await look(pinned, clients, signal);
    if (restarted(state, pinned) || state.status === 'restarting') return;
    // `exited` with the pinned start is what a restart leaves that was cut off between its two halves.
    if (state.status !== 'running' && state.status !== 'exited') {
      throw new ActionError(
        `container ${pinned.name} is ${state.status} by now and is not restarted`,
        'conflict',
        false,
      );
    }
    await dockerEngine(pinned.engine, clients).restart(pinned.id, pinned.stopTimeoutS, signal);
  },
  settled: (pinned, clients) => settledBy(pinned, clients, (state) => restarted(state, pinned)),
  takesAway: (_pinned, state) => capacity(state).ready,
  verify: ({ state, change: pinned }) => {
    if (!restarted(state, pinned)) return no(`container ${pinned.name} has not been restarted yet`);
    return beyondHope(state) ?? yes(`container ${pinned.name} has been restarted`);
  },
});
