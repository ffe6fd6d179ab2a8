import type { Clients } from '../domain/clients.ts';
import type { Command } from '../domain/docker-streams.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { runningContainer } from './container-of.ts';
import { runIn } from './drill-container.ts';
import { endOf } from './end-of.ts';

/** What a server's own client was told. */
export interface ToldByServer {
  /** The name of the container. */
  readonly server: string;
  readonly said: string;
}

/** Asks a server by its client in its container; a verdict when that did not end well. Throws ActionError. */
export async function toldByServer(
  key: string,
  command: Command,
  clients: Clients,
  signal: AbortSignal,
): Promise<ToldByServer | Verdict> {
  const { docker, container } = await runningContainer(key, clients, signal);
  const { exitCode, stdout, stderr } = await runIn({ docker, id: container.id }, command, signal);
  if (exitCode === 0) return { server: container.name, said: stdout.trim() };
  return no(`${command.argv[0]} in ${container.name} ended ${endOf(exitCode, stderr)}; nothing was touched`);
}
