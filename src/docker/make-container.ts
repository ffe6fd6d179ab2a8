import type { ContainerState, DockerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { creation, networkSteps } from './creation.ts';
import type { Definition } from './definition.ts';
import { endpoints } from './endpoints.ts';
import { inspected } from './inspected.ts';
import { wait } from '../domain/wait.ts';

const pollMs = 500;

/** A container as it is to be. */
export interface Wanted {
  readonly name: string;
  readonly definition: Definition;
  /** See `recreatedFromLabel`; the empty string: there was none before it. */
  readonly recreatedFrom: string;
}

/** Makes it, in one network at most and not started; its id. Throws ActionError `not-found` when its image is gone. */
export async function createContainer(docker: DockerClient, wanted: Wanted, signal: AbortSignal): Promise<string> {
  const { name, definition, recreatedFrom } = wanted;
  const { reference, id } = definition.image;
  // Its name may have been given to another image since.
  const isStill = (await docker.image(reference, signal))?.id === id;
  if (!isStill && (await docker.image(id, signal)) === undefined)
    throw new ActionError(`image ${reference} (${id}) is not there any more; pull it`, 'not-found', false);
  return docker.create(name, creation(definition, { image: isStill ? reference : id, recreatedFrom }), signal);
}

/** Puts a container into the networks of its definition, and out of all others. Throws ActionError. */
export async function enterNetworks(
  docker: DockerClient,
  id: string,
  wanted: Definition,
  signal: AbortSignal,
): Promise<void> {
  const described = await docker.describe(id, signal);
  if (described === undefined) throw new ActionError(`container ${id} is gone`, 'not-found', false);
  const { leave, enter } = networkSteps(endpoints(inspected.parse(described)), wanted.networks);
  for (const name of leave) await docker.disconnect(name, id, signal);
  for (const [name, endpoint] of enter) await docker.connect(name, id, endpoint, signal);
}

/** How long a container has to run and be well, and how long that may take, ms. */
export interface Patience {
  readonly stableMs: number;
  readonly withinMs: number;
}

/** Waits until it has run for so long, its health check, if it has one, passing. Throws ActionError when it does not. */
export async function untilItRuns(
  docker: DockerClient,
  id: string,
  { stableMs, withinMs }: Patience,
  signal: AbortSignal,
): Promise<void> {
  let wellMs = 0;
  let first: ContainerState | undefined;
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const state = await docker.inspect(id, signal);
    if (state === undefined) throw new ActionError(`it was removed while it started`, 'conflict', false);
    first ??= state;
    const trouble = failed(state, first);
    if (trouble !== undefined) throw new ActionError(trouble, 'conflict', false);
    const isWell = state.status === 'running' && (state.health === undefined || state.health === 'healthy');
    wellMs = isWell ? wellMs + pollMs : 0;
    if (wellMs > stableMs) return;
    if (waitedMs >= withinMs)
      throw new ActionError(`its health check did not pass within ${withinMs / 1000} s`, 'conflict', false);
    await wait(pollMs, 'the new container', signal);
  }
}

/** What shows that it will not come to run by itself; undefined: nothing. */
function failed(state: ContainerState, first: ContainerState): string | undefined {
  const { status, health, exitCode, oomKilled, error } = state;
  if (status === 'exited' || status === 'dead')
    return oomKilled ? 'it ran out of memory' : `it exited with code ${exitCode}${error === '' ? '' : `: ${error}`}`;
  if (status === 'restarting' || state.restartCount > 0 || state.startedAt !== first.startedAt)
    return `it ended at once and was restarted by its policy (exit code ${exitCode})`;
  return health === 'unhealthy' ? 'its health check fails' : undefined;
}
