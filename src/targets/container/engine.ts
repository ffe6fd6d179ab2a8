import type { Clients, DockerClient } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';

/** The client of a configured engine. Throws ActionError when a reload has taken the engine away. */
export function dockerEngine(name: string, clients: Clients): DockerClient {
  const engine = clients.docker.get(name);
  if (engine === undefined) throw new ActionError(`docker engine ${name} is no longer configured`, 'not-found', false);
  return engine;
}
