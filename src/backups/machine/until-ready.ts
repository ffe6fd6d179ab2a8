import { z } from 'zod';
import type { DockerClient } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { wait } from '../../domain/wait.ts';
import { endOf } from '../end-of.ts';

const params = z.looseObject({
  host: z.string().optional(),
  port: z.number().optional(),
  client_program: z.string().optional(),
});
type Params = z.output<typeof params>;

/**
 * What asks a server whether it takes requests, by the kind of source. By TCP: images of databases make a new one by a first
 * server, which answers on its socket only, and ends again.
 */
const questions: Readonly<Record<string, (read: Params) => readonly [string, ...string[]]>> = {
  postgres: ({ host = '127.0.0.1' }) => ['pg_isready', '--quiet', `--host=${host}`],
  mysql: ({ client_program: client }) => [
    client === 'mariadb' ? 'mariadb-admin' : 'mysqladmin',
    '--host=127.0.0.1',
    'ping',
  ],
  redis: ({ port = 6379 }) => ['redis-cli', '-e', '-p', String(port), 'ping'],
};

const [askMs, everyMs, withinMs] = [10_000, 500, 5 * 60_000];

/** Waits until the server in a container takes requests. Throws ActionError when it does not within 5 minutes. */
export async function untilReady(
  docker: DockerClient,
  container: string,
  kind: string,
  read: unknown,
  signal: AbortSignal,
): Promise<void> {
  const argv = questions[kind]?.(params.parse(read));
  if (argv === undefined) return;
  for (let waitedMs = 0; ; waitedMs += everyMs) {
    const output = await docker.execOut(container, { argv }, { signal, silentMs: askMs });
    output.stdout.resume();
    await new Promise<void>((resolve) => output.stdout.once('close', () => resolve()));
    const { exitCode } = await output.ended();
    // Who has no such program is asked by what is brought back.
    if (exitCode === 0 || exitCode === 126 || exitCode === 127) return;
    if (waitedMs >= withinMs)
      throw new ActionError(
        `its server took no requests within 5 minutes: ${argv[0]} ended ${endOf(exitCode, output.stderr())}`,
        'timeout',
        false,
      );
    await wait(everyMs, 'a server', signal);
  }
}
