import { text } from 'node:stream/consumers';
import type { Clients } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { orRemoved } from '../../drill-container.ts';
import { type DrillServer, drillServer, runBeside } from '../../drill-server.ts';
import { endOf } from '../../end-of.ts';
import type { RunningServer } from '../../running-server.ts';
import type { ServerPlace } from '../../server-place.ts';
import type { ScratchOptions } from '../../source-kind.ts';

interface Place {
  readonly server: DrillServer;
  /** Who may do anything there, and has that place's database. */
  readonly user: string;
  /** The folder of its socket; undefined: where its programs look for it by themselves. */
  readonly host: string | undefined;
}

/**
 * A server of the same image and make with that database, which is empty, and the roles of the one it is like: those belong
 * to a server, and no dump of a database has them. Throws ActionError.
 */
export async function scratchPostgres(
  { database, user, ...place }: ServerPlace & { readonly database: string; readonly user: string },
  clients: Clients,
  options: Pick<ScratchOptions, 'drill' | 'timeoutMs' | 'bytes'>,
  signal: AbortSignal,
): Promise<Place> {
  const { server, model } = await drillServer(place, clients, options, signal);
  return orRemoved(server, async () => {
    const ready = ['pg_isready', '--quiet', '--host=127.0.0.1'] as const;
    // By TCP: the server that a new database is made by answers on its socket, and ends again.
    await server.start(async () => isReady(await runBeside(server, { argv: ready }, signal)), signal);
    // Who was made with the server: the others come with the roles.
    const unknown = (await server.env('POSTGRES_USER_FILE', signal)) === undefined ? 'postgres' : user;
    const first = (await server.env('POSTGRES_USER', signal)) ?? unknown;
    // What it says of any other place is not told to the programs there at all.
    const named = await server.env('PGHOST', signal);
    const host = named?.startsWith('/') ? named : undefined;
    const roles = model === undefined ? '' : await rolesOf(model, user, signal);
    const at = host === undefined ? [] : [`--host=${host}`];
    await say(server, first, roles, signal, at);
    await say(server, first, makeDatabase, signal, [...at, `--set=name=${database}`, '--set=ON_ERROR_STOP=1']);
    return { server, user: roles === '' ? first : user, host };
  });
}

function isReady({ exitCode, stderr, stdout }: CommandEnd): boolean {
  if (exitCode === 126 || exitCode === 127)
    throw new ActionError(`there is no pg_isready in it: ${stderr}${stdout}`.trim(), 'not-found', false);
  return exitCode === 0;
}

const makeDatabase = `
SELECT format('DROP DATABASE IF EXISTS %I', :'name') \\gexec
SELECT format('CREATE DATABASE %I TEMPLATE template0', :'name') \\gexec
`;

/** All roles of a server, without their passwords, in SQL. */
async function rolesOf(model: RunningServer, user: string, signal: AbortSignal): Promise<string> {
  const argv = ['pg_dumpall', `--username=${user}`, '--no-password', '--roles-only', '--no-role-passwords'] as const;
  const output = await model.execOut({ argv }, { signal, silentMs: 60_000 });
  const roles = await text(output.stdout);
  const { exitCode } = await output.ended();
  if (exitCode === 0) return roles;
  throw new ActionError(`pg_dumpall in ${model.name} ended ${endOf(exitCode, output.stderr())}`, 'server-error', true);
}

async function say(
  server: DrillServer,
  user: string,
  sql: string,
  signal: AbortSignal,
  options: readonly string[],
): Promise<void> {
  const argv = [
    'psql',
    `--username=${user}`,
    '--no-password',
    '--no-psqlrc',
    '--quiet',
    '--dbname=template1',
    ...options,
  ] as const;
  const { exitCode, stderr } = await runBeside(server, { argv }, signal, sql);
  if (exitCode !== 0)
    throw new ActionError(`psql in ${server.name} ended ${endOf(exitCode, stderr)}`, 'server-error', true);
}
