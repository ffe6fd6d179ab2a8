import { Readable } from 'node:stream';
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
import { isInItself, onePlace, placeText, serverPlace } from '../../server-place.ts';
import type { Restorable, SourceDef, SourceKind } from '../../source-kind.ts';
import { toldByServer } from '../../told-by-server.ts';
import { examineDump, isComplete } from './dump.ts';
import { inTransaction } from './in-transaction.ts';
import { lockHolders } from './lock-holders.ts';
import { scratchPostgres } from './scratch.ts';

const fields = z.strictObject({
  ...serverPlace,
  /** A name alone: what holds `=` or `://` would be taken for a connection string, and there can be a password in that. */
  database: z.string().regex(/^(?!-)(?!.*(=|:\/\/)).+$/, 'has to be the name of a database'),
  user: z.string().min(1, 'is empty').default('postgres'),
  /** In the container or pod; `pg_dump` asks it for its own when it is absent. */
  host: z.string().min(1, 'is empty').optional(),
});
const params = fields.check(onePlace);
type Params = z.output<typeof params>;

const login = ({ user, host }: Params): readonly string[] => [
  `--username=${user}`,
  // It asks nobody: nobody would answer.
  '--no-password',
  ...(host === undefined ? [] : [`--host=${host}`]),
];

const dump = (read: Params): Command => ({
  argv: ['pg_dump', ...login(read), '--clean', '--if-exists', '--lock-wait-timeout=5min', `--dbname=${read.database}`],
});

const psql = (read: Params, ...more: readonly string[]): Command => ({
  argv: [
    'psql',
    ...login(read),
    '--no-psqlrc',
    '--quiet',
    '--set=ON_ERROR_STOP=1',
    // Else what it complains of has the row in it that it complains of.
    '--set=VERBOSITY=terse',
    `--dbname=${read.database}`,
    ...more,
  ],
});

const ask = (read: Params, query: string): Command => psql(read, '--tuples-only', '--no-align', `--command=${query}`);

/** `f|15.3 (Debian 15.3-1)`; `t`: it follows another one. */
const standing = "SELECT pg_is_in_recovery(), current_setting('server_version')";

/** Whether its server lets us into the database, takes writes, and is not older than that of the dump. Throws ActionError. */
const fits: NonNullable<SourceDef<Params>['fits']> = async (head, read, clients, signal) => {
  const lacking = await isLacking(read, clients, signal);
  const at = lacking ? inTemplate(read) : read;
  const asked = await toldByServer(at, ask(at, standing), clients, signal);
  if ('ok' in asked) return asked;
  const { server, said } = asked;
  const [isReplica, ofServer = ''] = said.split('|');
  if (isReplica === 't')
    return no(
      `the PostgreSQL in ${server} is a replica, which takes no writes: restore the one that it follows; nothing was touched`,
    );
  const ofDump = /^-- Dumped from database version (.+)$/m.exec(await head())?.[1];
  // Before 10 each two numbers were one version, and those are long gone.
  const fit = notOlder({ product: 'PostgreSQL', server, ofServer, ofDump }, 1);
  return fit.ok && lacking
    ? { ...yes(`${server} has no database ${read.database}: ${create(read)}`), isLacking: true }
    : fit;
};

const inTemplate = (read: Params): Params => ({ ...read, database: 'template1' });
const create = ({ database }: Params): string =>
  `CREATE DATABASE "${database.replaceAll('"', '""')}" TEMPLATE template0`;

/** False where it can not be asked: who asks the database itself is told why. Throws ActionError. */
async function isLacking(read: Params, clients: Clients, signal: AbortSignal): Promise<boolean> {
  const named = `'${read.database.replaceAll("'", "''")}'`;
  const query = `SELECT count(*) FROM pg_database WHERE datname = ${named}`;
  const found = await toldByServer(read, ask(inTemplate(read), query), clients, signal);
  return !('ok' in found) && found.said === '0';
}

/** One that was dropped, or that the image of a new server does not make. Throws ActionError. */
async function makePlace(read: Params, clients: Clients, signal: AbortSignal): Promise<Verdict> {
  if (!(await isLacking(read, clients, signal))) return yes(`database ${read.database} is there`);
  const may = mayChange(read, clients);
  if (!may.ok) return may;
  const made = await toldByServer(read, ask(inTemplate(read), create(read)), clients, signal);
  return 'ok' in made ? made : yes(`database ${read.database} is made`);
}

/** All or nothing: whatever ends it before its end leaves what was there. What is not in the dump stays. */
async function load(content: Restorable, read: Params, clients: Clients, signal: AbortSignal): Promise<Verdict> {
  const dumped = await content.read();
  const whole = Readable.from(inTransaction(dumped));
  // What is given up is read no further.
  whole.once('close', () => dumped.destroy());
  const loaded = await loadInto(read, psql(read), whole, clients, signal);
  if (loaded.ok) return loaded;
  const who = await lockHolders(loaded.reason, read, (query) => ask(read, query), clients);
  return no(`${loaded.reason}${who}`);
}

/** A database of PostgreSQL in a container or a pod, by its own programs. Roles belong to the server, and are not in it. */
export const postgres: SourceKind = defineDump<Params>({
  kind: 'postgres',
  params,
  title: (read) => `database ${read.database} of ${placeText(read)}`,
  file: 'database.sql',
  dump,
  isWhole: isComplete,
  examine: (content) => examineDump(content),
  fits,
  restore: load,
  makePlace,
  async scratch(read, clients, options, signal) {
    const inIt = isInItself(read);
    if (!inIt.ok) throw new ActionError(inIt.reason, 'bad-request', false);
    const { server, user, host } = await scratchPostgres(read, clients, options, signal);
    const there: Params = { ...server.place, database: read.database, user, host };
    return scratchServer(
      {
        server,
        kind: postgres,
        params: there,
        fill: (content, during) => load(content, there, clients, during),
        ask: (query, during) => runBeside(server, ask(there, query), during),
      },
      clients,
    );
  },
});
