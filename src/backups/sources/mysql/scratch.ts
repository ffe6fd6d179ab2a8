import type { Clients } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { drillContainer, type DrillContainer, orRemoved, runIn, startServer } from '../../drill-container.ts';
import { endOf } from '../../end-of.ts';
import { givenTo } from '../../mounted-config.ts';
import { modelOf } from '../../scratch-server.ts';
import type { ScratchOptions } from '../../source-kind.ts';

interface Wanted {
  readonly container: string;
  readonly database: string;
  readonly defaults_file?: string | undefined;
  readonly client_program: string;
}

/**
 * A server of the same image and make with that database, which is empty. It has the users that its image makes, not those
 * that were made later, but for those by whose rights something in that database acts. `login`: the options of the client. Throws ActionError.
 */
export async function scratchMysql(
  { container: key, database, defaults_file, client_program }: Wanted,
  login: readonly string[],
  clients: Clients,
  { drill }: Pick<ScratchOptions, 'drill'>,
  signal: AbortSignal,
): Promise<{ readonly container: DrillContainer; readonly engine: string }> {
  const model = await modelOf(key, clients, drill, signal);
  const { docker, id, like, engine } = model;
  const files = defaults_file === undefined ? [] : [defaults_file];
  const given = await givenTo(docker, id, like, files, signal);
  const container = await drillContainer(docker, like, { drill, network: 'none', given }, signal);
  return orRemoved(container, async () => {
    const client = (...argv: readonly string[]): Promise<CommandEnd> =>
      runIn(container, { argv: [client_program, ...login, ...argv] }, signal);
    // By TCP: the server that its first tables are made by answers on its socket, and ends again.
    const knock = ['--protocol=tcp', '--host=127.0.0.1', '--connect-timeout=5', '--execute=SELECT 1'];
    await startServer(container, async () => isReady(await client(...knock)), signal);
    const name = `\`${database.replaceAll('`', '``')}\``;
    const { exitCode, stderr } = await client(`--execute=DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name}`);
    if (exitCode !== 0)
      throw new ActionError(
        `${client_program} in ${container.name} ended ${endOf(exitCode, stderr)} (a new server has the users that its image makes, and no others)`,
        'forbidden',
        false,
      );
    if (!model.isRunning) return { container, engine };
    const ask = [client_program, ...login, '--batch', '--raw', '--skip-column-names', '--force'] as const;
    const definers = await runIn(model, { argv: ask }, signal, definersOf(database));
    // One that can not be made is missed by what it is for, and that says so.
    await runIn(container, { argv: ask }, signal, definers.stdout);
    return { container, engine };
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
