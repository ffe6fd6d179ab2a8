import { z } from 'zod';
import type { Clients } from '../../../domain/clients.ts';
import type { Command } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { runBeside } from '../../drill-server.ts';
import { loadInto } from '../../server-load.ts';
import { defineDump } from '../../dump-source.ts';
import { notOlder } from '../../older-server.ts';
import { mayChange } from '../../pod-of.ts';
import { scratchServer } from '../../scratch-server.ts';
import { elsewhere, isInItself, onePlace, placeText, serverPlace } from '../../server-place.ts';
import type { Restorable, SourceDef, SourceKind } from '../../source-kind.ts';
import { toldByServer } from '../../told-by-server.ts';
import { examineDump, isComplete } from './dump.ts';
import { scratchMysql } from './scratch.ts';

const fields = z.strictObject({
  ...serverPlace,
  database: z.string().regex(/^[^-]/, 'has to be the name of a database'),
  user: z.string().min(1, 'is empty').default('root'),
  /** Where the client finds its password, in the container or pod: a password in an argument would be seen by everybody there. */
  defaults_file: z.string().startsWith('/', 'has to be an absolute path').optional(),
  /** In the container or pod; `mysqldump` asks its files for it when it is absent. */
  host: z.string().min(1, 'is empty').optional(),
  /** `mariadb-dump` and `mariadb` in newer images of MariaDB. */
  dump_program: z.enum(['mysqldump', 'mariadb-dump']).default('mysqldump'),
  client_program: z.enum(['mysql', 'mariadb']).default('mysql'),
});
const params = fields.check(onePlace);
type Params = z.output<typeof params>;

/** It has to come first, or is not read. */
const login = ({ defaults_file, user, host }: Params): readonly string[] => [
  ...(defaults_file === undefined ? [] : [`--defaults-extra-file=${defaults_file}`]),
  `--user=${user}`,
  // It wins over what a file says.
  ...(host === undefined ? [] : [`--host=${host}`]),
];

const client = (read: Params, ...more: readonly string[]): Command => ({
  argv: [read.client_program, ...login(read), ...more, read.database],
});

const ask = (read: Params, query: string): Command =>
  client(read, '--batch', '--skip-column-names', `--execute=${query}`);

const withoutDatabase = (read: Params, query: string): Command => ({
  argv: [read.client_program, ...login(read), '--batch', '--skip-column-names', `--execute=${query}`],
});

const isMariadb = (version: string): boolean => /mariadb/i.test(version);

/**
 * Whether it follows another one, stopped or not: what is written to it is in none of the others, and it breaks when they write the
 * same. Each product, and age, has its own word; a user who may ask none of them is taken at his word. Throws ActionError.
 */
async function isReplica(read: Params, version: string, clients: Clients, signal: AbortSignal): Promise<boolean> {
  const words = isMariadb(version) ? ['ALL SLAVES'] : ['REPLICA', 'SLAVE'];
  for (const word of words) {
    const asked = await toldByServer(read, withoutDatabase(read, `SHOW ${word} STATUS`), clients, signal);
    if (!('ok' in asked)) return asked.said !== '';
  }
  return false;
}

/** Whether its server lets us into the database, follows no other one, and is not older than that of the dump. Throws ActionError. */
const fits: NonNullable<SourceDef<Params>['fits']> = async (head, read, clients, signal) => {
  const query = 'SELECT VERSION()';
  const first = await toldByServer(read, ask(read, query), clients, signal);
  // Unknown database: who may not use one that is there is told something else.
  const lacking = 'ok' in first && /ERROR 1049\b/.test(first.reason);
  const asked = lacking ? await toldByServer(read, withoutDatabase(read, query), clients, signal) : first;
  if ('ok' in asked) return asked;
  const { server, said: ofServer } = asked;
  if (await isReplica(read, ofServer, clients, signal))
    return no(`the server in ${server} is a replica: restore the one that it follows; nothing was touched`);
  const ofDump = /^-- Server version\s+(.+)$/m.exec(await head())?.[1];
  // Each counts its versions by itself.
  const fit =
    ofDump === undefined || isMariadb(ofDump) !== isMariadb(ofServer)
      ? yes('its version says nothing')
      : notOlder({ product: isMariadb(ofServer) ? 'MariaDB' : 'MySQL', server, ofServer, ofDump }, 2);
  return fit.ok && lacking
    ? { ...yes(`${server} has no database ${read.database}: ${create(read)}`), isLacking: true }
    : fit;
};

const create = ({ database }: Params): string => `CREATE DATABASE IF NOT EXISTS \`${database.replaceAll('`', '``')}\``;

/**
 * MySQL ends a transaction at each statement that makes a table: what breaks half-way leaves half of it. What is not in the
 * dump stays.
 */
async function load(content: Restorable, read: Params, clients: Clients, signal: AbortSignal): Promise<Verdict> {
  const half = 'each table is in place as soon as it is made, so that what is there now may be half of it';
  try {
    const loaded = await loadInto(read, client(read), await content.read(), clients, signal);
    return loaded.ok ? loaded : no(`${loaded.reason}; ${half}`);
  } catch (error) {
    if (error instanceof ActionError)
      throw new ActionError(`${error.message}; ${half}`, error.reason, error.retryable, error);
    throw error;
  }
}

/** A database of MySQL or MariaDB in a container or a pod, by its own programs. */
export const mysql: SourceKind = defineDump<Params>({
  kind: 'mysql',
  params,
  title: (read) => `database ${read.database} of ${placeText(read)}`,
  file: 'database.sql',
  // One moment of it, without a lock that would stop the application.
  dump: (read) => ({
    argv: [
      read.dump_program,
      ...login(read),
      '--single-transaction',
      '--quick',
      '--routines',
      '--triggers',
      '--events',
      '--hex-blob',
      // Else MySQL would have all that the server ever did taken for done where the dump is read. MariaDB's does not know it.
      '--loose-set-gtid-purged=OFF',
      read.database,
    ],
  }),
  isWhole: isComplete,
  examine: (content) => examineDump(content),
  fits,
  restore: load,
  async makePlace(read, clients, signal) {
    const may = mayChange(read, clients);
    if (!may.ok) return may;
    const made = await toldByServer(read, withoutDatabase(read, create(read)), clients, signal);
    return 'ok' in made ? made : yes(`database ${read.database} is there`);
  },
  async scratch(read, clients, options, signal) {
    const inIt = isInItself(read);
    if (!inIt.ok) throw new ActionError(inIt.reason, 'bad-request', false);
    // Its socket, whatever the files of the source say.
    const own: Params = { ...read, host: 'localhost' };
    const server = await scratchMysql(read, { there: login(own), model: login(read) }, clients, options, signal);
    const there: Params = { ...own, ...elsewhere(server.place) };
    return scratchServer(
      {
        server,
        kind: mysql,
        params: there,
        fill: (content, during) => load(content, there, clients, during),
        ask: (query, during) => runBeside(server, ask(there, query), during),
      },
      clients,
    );
  },
});
