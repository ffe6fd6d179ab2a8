import { Readable } from 'node:stream';
import type { Clients } from '../domain/clients.ts';
import type { CommandEnd } from '../domain/docker-streams.ts';
import type { PodCommand } from '../domain/pod-streams.ts';
import { drillContainer, startServer } from './drill-container.ts';
import { drillPod } from './drill-pod.ts';
import { givenTo } from './mounted-config.ts';
import { ownServerOnly } from './own-server-only.ts';
import { isInCluster } from './pod-of.ts';
import { type RunningServer, runningServer } from './running-server.ts';
import { envOf, modelOf } from './model-container.ts';
import { containerOf, type ServerPlace } from './server-place.ts';
import type { ScratchOptions } from './source-kind.ts';

/** A server of a drill: like another one, and away from everything. */
export interface DrillServer extends RunningServer {
  /** `paramedic-drill-0123456789ab` */
  readonly name: string;
  /** As a source would say where it is. */
  readonly place: ServerPlace;
  /** What a variable of it says; undefined: it has none of that name. Once it has begun. Throws ActionError. */
  env(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** Starts it, and waits until it answers: `answers` is asked again and again. Throws ActionError. */
  start(answers: () => Promise<boolean>, signal: AbortSignal): Promise<void>;
  /** As in `Scratch`. */
  lost?(signal: AbortSignal): Promise<string | undefined>;
  /** With all that was made for it, also when we are to stop. Harmless when it is gone. Throws ActionError. */
  remove(): Promise<void>;
}

export interface DrillServers {
  readonly server: DrillServer;
  /** The one that it is like; absent: that does not run. */
  readonly model?: RunningServer;
}

/** The signal ends what takes longer than it may; until then a query may say nothing. */
const silentMs = 24 * 3_600_000;

/** Runs a command beside a server, with nothing, or a text, to read. Throws ActionError. */
export const runBeside = (
  server: Pick<RunningServer, 'execIn'>,
  command: PodCommand,
  signal: AbortSignal,
  input = '',
): Promise<CommandEnd> =>
  server.execIn(command, Readable.from(input === '' ? [] : [Buffer.from(input)]), { signal, silentMs });

/**
 * Makes a server like another one, which is not started yet: a container, or a pod beside it. `files`: what it needs of those
 * that are mounted there, in any case. Throws ActionError.
 */
export async function drillServer(
  place: ServerPlace,
  clients: Clients,
  options: Pick<ScratchOptions, 'drill' | 'timeoutMs' | 'bytes'> & { readonly files?: readonly string[] },
  signal: AbortSignal,
): Promise<DrillServers> {
  if (isInCluster(place))
    return {
      server: await drillPod(place, clients, options, signal),
      model: await runningServer(place, clients, signal),
    };
  const { drill, files = [] } = options;
  const told = await modelOf(containerOf(place), clients, drill, signal);
  const { docker, id, like, engine, name } = told;
  const given = await givenTo(docker, id, like, files, signal);
  const made = await drillContainer(docker, like, { drill, network: 'none', given }, signal);
  const beside = (container: string): Pick<RunningServer, 'execOut' | 'execIn'> => ({
    execOut: (command, limits) => docker.execOut(container, command, limits),
    execIn: (command, stdin, limits) => docker.execIn(container, command, stdin, limits),
  });
  return {
    server: {
      ...ownServerOnly(made.name, beside(made.id)),
      name: made.name,
      place: { container: `docker/${engine}/container/${made.name}` },
      env: async (variable) => envOf(told, variable),
      start: (answers, during) => startServer(made, answers, during),
      remove: () => made.remove(),
    },
    ...(told.isRunning && { model: { ...beside(id), name } }),
  };
}
