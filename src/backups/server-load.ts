import type { Readable } from 'node:stream';
import type { Clients } from '../domain/clients.ts';
import type { PodCommand } from '../domain/pod-streams.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { endOf } from './end-of.ts';
import { mayChange } from './pod-of.ts';
import { runningServer } from './running-server.ts';
import type { ServerPlace } from './server-place.ts';

/** One statement may take long: an index is made in one. */
const silentMs = 60 * 60_000;

/** Has a program beside a server read all of it. Throws ActionError. */
export async function loadInto(
  place: ServerPlace,
  command: PodCommand,
  content: Readable,
  clients: Clients,
  signal: AbortSignal,
): Promise<Verdict> {
  const may = mayChange(place, clients);
  if (!may.ok) return may;
  const server = await runningServer(place, clients, signal);
  const [program] = command.argv;
  const { exitCode, stderr } = await server.execIn(command, content, { signal, silentMs });
  if (exitCode !== 0) return no(`${program} in ${server.name} ended ${endOf(exitCode, stderr)}`);
  return yes(`${program} in ${server.name} has taken all of it`);
}
