import type { Clients } from '../domain/clients.ts';
import type { Command } from '../domain/docker-streams.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { runBeside } from './drill-server.ts';
import { endOf } from './end-of.ts';
import { runningServer } from './running-server.ts';
import type { ServerPlace } from './server-place.ts';

/** What a server's own client was told. */
export interface ToldByServer {
  /** Its name, for people. */
  readonly server: string;
  readonly said: string;
}

/** Asks a server by its client beside it; a verdict when that did not end well. Throws ActionError. */
export async function toldByServer(
  place: ServerPlace,
  command: Command,
  clients: Clients,
  signal: AbortSignal,
): Promise<ToldByServer | Verdict> {
  const server = await runningServer(place, clients, signal);
  const { exitCode, stdout, stderr } = await runBeside(server, command, signal);
  if (exitCode === 0) return { server: server.name, said: stdout.trim() };
  return no(`${command.argv[0]} in ${server.name} ended ${endOf(exitCode, stderr)}; nothing was touched`);
}
