import type { Clients } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { orRemoved } from '../../drill-container.ts';
import { type DrillServer, drillServer, runBeside } from '../../drill-server.ts';
import { endOf } from '../../end-of.ts';
import type { ServerPlace } from '../../server-place.ts';
import type { ScratchOptions } from '../../source-kind.ts';

interface Wanted extends ServerPlace {
  readonly database: string;
  readonly defaults_file?: string | undefined;
  readonly client_program: string;
}

/**
 * A server of the same image and make with that database, which is empty. It has the users that its image makes, not those
 * that were made later, but for those by whose rights something in that database acts. `login`: the options of the
 * client, there and beside the one it is like. Throws ActionError.
 */
export async function scratchMysql(
  { database, defaults_file, client_program, ...place }: Wanted,
  login: { readonly there: readonly string[]; readonly model: readonly string[] },
  clients: Clients,
  options: Pick<ScratchOptions, 'drill' | 'timeoutMs' | 'bytes'>,
  signal: AbortSignal,
): Promise<DrillServer> {
  const files = defaults_file === undefined ? [] : [defaults_file];
  const { server, model } = await drillServer(place, clients, { ...options, files }, signal);
  return orRemoved(server, async () => {
    const client = (...argv: readonly string[]): Promise<CommandEnd> =>
      runBeside(server, { argv: [client_program, ...login.there, ...argv] }, signal);
    // By TCP: the server that its first tables are made by answers on its socket, and ends again.
    const knock = ['--protocol=tcp', '--host=127.0.0.1', '--connect-timeout=5', '--execute=SELECT 1'];
    await server.start(async () => isReady(await client(...knock)), signal);
    const name = `\`${database.replaceAll('`', '``')}\``;
    const { exitCode, stderr } = await client(`--execute=DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name}`);
    if (exitCode !== 0)
      throw new ActionError(
        `${client_program} in ${server.name} ended ${endOf(exitCode, stderr)} (a new server has the users that its image makes, and no others)`,
        'forbidden',
        false,
      );
    if (model === undefined) return server;
    const batch = ['--batch', '--raw', '--skip-column-names', '--force'] as const;
    const ask = [client_program, ...login.model, ...batch] as const;
    const definers = await runBeside(model, { argv: ask }, signal, definersOf(database));
    // One that can not be made is missed by what it is for, and that says so.
    await runBeside(server, { argv: [client_program, ...login.there, ...batch] }, signal, definers.stdout);
    return server;
  });
}

/**
 * Asks for those by whose rights views, procedures, triggers and events of a database act, as statements that make them: what
 * is not there can act for nobody, and a view of theirs could not even be dumped.
 */
function definersOf(database: string): string {
  const of = `'${database.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const names = ['VIEWS.TABLE', 'ROUTINES.ROUTINE', 'TRIGGERS.TRIGGER', 'EVENTS.EVENT'].map((one) => {
    const [table = '', column = ''] = one.split('.');
    return `SELECT DEFINER FROM information_schema.${table} WHERE ${column}_SCHEMA = ${of}`;
  });
  const account =
    "CONCAT(QUOTE(SUBSTRING_INDEX(DEFINER, '@', LENGTH(DEFINER) - LENGTH(REPLACE(DEFINER, '@', '')))), '@', QUOTE(SUBSTRING_INDEX(DEFINER, '@', -1)))";
  return `SELECT CONCAT('CREATE USER IF NOT EXISTS ', ${account}, '; GRANT ALL ON *.* TO ', ${account}, ';') FROM (${names.join(' UNION ')}) AS definers WHERE DEFINER LIKE '%@%';`;
}

/** Whom it lets in over TCP is another matter: a server that refuses somebody is there. */
const refused = /ERROR (1045|1130|1698) /;

function isReady({ exitCode, stderr, stdout }: CommandEnd): boolean {
  if (exitCode === 126 || exitCode === 127)
    throw new ActionError(`there is no such client in it: ${stderr}${stdout}`.trim(), 'not-found', false);
  return exitCode === 0 || refused.test(stderr);
}
