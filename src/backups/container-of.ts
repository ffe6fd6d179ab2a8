import { z } from 'zod';
import type { Clients, ContainerState, DockerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { dockerEngine } from '../targets/container/engine.ts';
import { parseContainerKey } from '../targets/container/key.ts';

/** The key of a container: `docker/edge-1/container/orders-db`. */
export const containerKey = z
  .string()
  .regex(/^docker\/[^/]+\/container\/[^/]+$/, 'is no container such as docker/edge-1/container/orders-db');

/** The container of that name now, and its engine. Throws ActionError when there is none, or it does not run. */
export async function runningContainer(
  key: string,
  clients: Clients,
  signal: AbortSignal,
): Promise<{ readonly docker: DockerClient; readonly container: ContainerState }> {
  const { engine, name } = parseContainerKey(key);
  const docker = dockerEngine(engine, clients);
  const container = await docker.inspect(name, signal);
  // By an id somebody else's container could be meant.
  if (container?.name !== name)
    throw new ActionError(`there is no container ${name} on docker engine ${engine}`, 'not-found', true);
  if (container.status !== 'running')
    throw new ActionError(`container ${name} does not run: it is ${container.status}`, 'conflict', true);
  return { docker, container };
}
