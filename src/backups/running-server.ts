import type { Readable } from 'node:stream';
import type { Clients } from '../domain/clients.ts';
import type { CommandEnd, CommandOutput, StreamLimits } from '../domain/docker-streams.ts';
import type { PodCommand } from '../domain/pod-streams.ts';
import { runningContainer } from './container-of.ts';
import { ownServerOnly } from './own-server-only.ts';
import { isInCluster, podOf } from './pod-of.ts';
import type { ServerPlace } from './server-place.ts';

/** A server that runs, and programs beside it. */
export interface RunningServer {
  /** For people: `orders-db`, `pod shop/orders-db-0`. */
  readonly name: string;
  /** As `DockerStreams.execOut` and `PodStreams.execOut`. */
  execOut(command: PodCommand, limits: StreamLimits): Promise<CommandOutput>;
  execIn(command: PodCommand, stdin: Readable, limits: StreamLimits): Promise<CommandEnd>;
}

/** Finds it where it is now. Throws ActionError when there is none, it does not run, or it can not be told which is meant. */
export async function runningServer(
  wanted: ServerPlace,
  clients: Clients,
  signal: AbortSignal,
): Promise<RunningServer> {
  if (isInCluster(wanted)) {
    const { client, place } = await podOf(wanted, clients, signal);
    return {
      name: `pod ${place.namespace}/${place.name}`,
      ...ownServerOnly(place.name, {
        execOut: (command, limits) => client.execOut(place, command, limits),
        execIn: (command, stdin, limits) => client.execIn(place, command, stdin, limits),
      }),
    };
  }
  const { docker, container } = await runningContainer(wanted.container ?? '', clients, signal);
  return {
    name: container.name,
    ...ownServerOnly(container.name, {
      execOut: (command, limits) => docker.execOut(container.id, command, limits),
      execIn: (command, stdin, limits) => docker.execIn(container.id, command, stdin, limits),
    }),
  };
}
