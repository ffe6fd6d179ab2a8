import type { Clients } from '../domain/clients.ts';
import type { Command } from '../domain/docker-streams.ts';
import { ActionError } from '../domain/errors.ts';
import { runningContainer } from './container-of.ts';
import { runIn } from './drill-container.ts';
import { endOf } from './end-of.ts';

/** Has a program inside a container make a database, by what it reads. Throws ActionError, also when it did not. */
export async function madeIn(
  key: string,
  command: Command,
  input: string,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const { docker, container } = await runningContainer(key, clients, signal);
  const { exitCode, stderr } = await runIn({ docker, id: container.id }, command, signal, input);
  if (exitCode !== 0)
    throw new ActionError(
      `${command.argv[0]} in ${container.name} made no database: it ended ${endOf(exitCode, stderr)}`,
      'server-error',
      false,
    );
}
