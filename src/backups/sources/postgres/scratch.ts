import { text } from 'node:stream/consumers';
import type { Clients } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { drillContainer, type DrillContainer, orRemoved, runIn, startServer } from '../../drill-container.ts';
import { endOf } from '../../end-of.ts';
import { givenTo } from '../../mounted-config.ts';
import { envOf, type Model, modelOf } from '../../scratch-server.ts';
import type { ScratchOptions } from '../../source-kind.ts';

interface Place {
  readonly container: DrillContainer;
  readonly engine: string;
  /** Who may do anything there, and has that place's database. */
  readonly user: string;
}

/**
 * A server of the same image and make with that database, which is empty, and the roles of the one it is like: those belong
 * to a server, and no dump of a database has them. Throws ActionError.
 */
export async function scratchPostgres(
  { container: key, database, user }: { readonly container: string; readonly database: string; readonly user: string },
  clients: Clients,
  { drill }: Pick<ScratchOptions, 'drill'>,
  signal: AbortSignal,
): Promise<Place> {
  const model = await modelOf(key, clients, drill, signal);
  const { docker, id, like, engine } = model;
  const given = await givenTo(docker, id, like, [], signal);
  const container = await drillContainer(docker, like, { drill, network: 'none', given }, signal);
  return orRemoved(container, async () => {
    const ready = ['pg_isready', '--quiet', '--host=127.0.0.1'] as const;
    // By TCP: the server that a new database is made by answers on its socket, and ends again.
    await startServer(container, async () => isReady(await runIn(container, { argv: ready }, signal)), signal);
    // Who was made with the server: the others come with the roles.
    const unknown = envOf(model, 'POSTGRES_USER_FILE') === undefined ? 'postgres' : user;
    const first = envOf(model, 'POSTGRES_USER') ?? unknown;
    const roles = model.isRunning ? await rolesOf(model, user, signal) : '';
    await say(container, first, roles, signal);
    await say(container, first, makeDatabase, signal, [`--set=name=${database}`, '--set=ON_ERROR_STOP=1']);
    return { container, engine, user: roles === '' ? first : user };
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
async function rolesOf({ docker, id, name }: Model, user: string, signal: AbortSignal): Promise<string> {
  const argv = ['pg_dumpall', `--username=${user}`, '--no-password', '--roles-only', '--no-role-passwords'] as const;
  const output = await docker.execOut(id, { argv }, { signal, silentMs: 60_000 });
  const roles = await text(output.stdout);
  const { exitCode } = await output.ended();
  if (exitCode === 0) return roles;
  throw new ActionError(`pg_dumpall in ${name} ended ${endOf(exitCode, output.stderr())}`, 'server-error', true);
}

async function say(
  container: DrillContainer,
  user: string,
  sql: string,
  signal: AbortSignal,
  options: readonly string[] = [],
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
  const { exitCode, stderr } = await runIn(container, { argv }, signal, sql);
  if (exitCode !== 0)
    throw new ActionError(`psql in ${container.name} ended ${endOf(exitCode, stderr)}`, 'server-error', true);
}
