import { z } from 'zod';
import type { Clients, ContainerState } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { Target } from '../domain/target.ts';
import type { Verified } from '../domain/action.ts';
import { no } from '../domain/verdict.ts';
import { dockerEngine } from '../targets/container/engine.ts';
import { parseContainerKey } from '../targets/container/key.ts';

/** When something else is at it already: how soon its outcome is looked at, ms. */
export const lookAgainMs = 30_000;

/** One very container, as every change to a container pins it: by id, for its name may go to another one. */
export const pinnedContainer = {
  engine: z.string().min(1),
  id: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().min(1),
  /** ms since the epoch with the engine's fraction; 0: never started. Another one later tells of a start. */
  startedAt: z.number(),
} as const;
export interface PinnedContainer {
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  readonly startedAt: number;
}

export const pin = (target: Target, { id, name, startedAt }: ContainerState): PinnedContainer => ({
  engine: parseContainerKey(target.key).engine,
  id,
  name,
  startedAt,
});

/** The pinned container as it is now. Throws ActionError, also when it is gone. */
export async function look(pinned: PinnedContainer, clients: Clients, signal: AbortSignal): Promise<ContainerState> {
  const { engine, id, name } = pinned;
  const state = await dockerEngine(engine, clients).inspect(id, signal);
  if (state !== undefined) return state;
  throw new ActionError(`container ${name} is gone from docker engine ${engine}`, 'not-found', false);
}

/** Whether the effect shows on the pinned container by now; an engine that does not answer leaves it unknown. */
export async function settledBy(
  pinned: PinnedContainer,
  clients: Clients,
  shows: (state: ContainerState) => boolean,
): Promise<'done' | 'not-done' | 'unknown'> {
  try {
    const state = await dockerEngine(pinned.engine, clients).inspect(pinned.id);
    return state !== undefined && shows(state) ? 'done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/** What ends the wait early: nobody is going to start this container any more. Undefined: something still may. */
export function beyondHope({ name, status, exitCode, oomKilled, restartPolicy }: ContainerState): Verified | undefined {
  if (status === 'dead' || status === 'removing')
    return { ...no(`container ${name} is ${status === 'dead' ? 'dead' : 'being removed'}`), certain: true };
  const staysDown = restartPolicy === 'no' || (restartPolicy === 'on-failure' && exitCode === 0);
  if (status !== 'exited' || !staysDown) return undefined;
  const how = oomKilled ? `ran out of memory (exit code ${exitCode})` : `exited with code ${exitCode}`;
  return {
    ...no(`container ${name} ${how} again, and its restart policy "${restartPolicy}" leaves it down`),
    certain: true,
  };
}
