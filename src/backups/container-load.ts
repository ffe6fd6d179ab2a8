import type { Readable } from 'node:stream';
import type { Clients } from '../domain/clients.ts';
import type { Command } from '../domain/docker-streams.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { runningContainer } from './container-of.ts';
import { endOf } from './end-of.ts';

/** One statement may take long: an index is made in one. */
const silentMs = 60 * 60_000;

/** Has a program inside a container read all of it. Throws ActionError. */
export async function loadInto(
  key: string,
  command: Command,
  content: Readable,
  clients: Clients,
  signal: AbortSignal,
): Promise<Verdict> {
  const { docker, container } = await runningContainer(key, clients, signal);
  const [program] = command.argv;
  const { exitCode, stderr } = await docker.execIn(container.id, command, content, { signal, silentMs });
  if (exitCode !== 0) return no(`${program} in ${container.name} ended ${endOf(exitCode, stderr)}`);
  return yes(`${program} in ${container.name} has taken all of it`);
}
