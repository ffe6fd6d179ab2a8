import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Clients } from '../../../domain/clients.ts';
import type { Command } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { no, type Verdict } from '../../../domain/verdict.ts';
import { loadInto } from '../../container-load.ts';
import { containerKey, runningContainer } from '../../container-of.ts';
import { runIn } from '../../drill-container.ts';
import { defineDump } from '../../dump-source.ts';
import { endOf } from '../../end-of.ts';
import { madeIn } from '../../made-in.ts';
import { notOlder } from '../../older-server.ts';
import { scratchServer } from '../../scratch-server.ts';
import type { Restorable, SourceKind } from '../../source-kind.ts';
import { examineDump, isComplete } from './dump.ts';
import { inTransaction } from './in-transaction.ts';
import { lockHolders } from './lock-holders.ts';
import { scratchPostgres } from './scratch.ts';

const params = z.strictObject({
  container: containerKey,
  /** A name alone: what holds `=` or `://` would be taken for a connection string, and there can be a password in that. */
  database: z.string().regex(/^(?!-)(?!.*(=|:\/\/)).+$/, 'has to be the name of a database'),
  user: z.string().min(1, 'is empty').default('postgres'),
  /** In the container; `pg_dump` asks it for its own when it is absent. */
  host: z.string().min(1, 'is empty').optional(),
});
type Params = z.output<typeof params>;

/** A server in the container itself: at its own address, or at a socket. */
const here = /^(localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/;

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

/** Whether its server lets us into the database, and is not older than that of the dump. Throws ActionError. */
async function fits(
  head: () => Promise<string>,
  read: Params,
  clients: Clients,
  signal: AbortSignal,
): Promise<Verdict> {
  const { docker, container } = await runningContainer(read.container, clients, signal);
  const said = await runIn({ docker, id: container.id }, ask(read, 'SHOW server_version'), signal);
  if (said.exitCode !== 0)
    return no(`psql in ${container.name} ended ${endOf(said.exitCode, said.stderr)}; nothing was touched`);
  const ofDump = /^-- Dumped from database version (.+)$/m.exec(await head())?.[1];
  const [ofServer, server] = [said.stdout.trim(), container.name];
  // Before 10 each two numbers were one version, and those are long gone.
  return notOlder({ product: 'PostgreSQL', server, ofServer, ofDump }, 1);
}

const makeDatabase = `
SELECT format('CREATE DATABASE %I TEMPLATE template0', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
`;

/** All or nothing: whatever ends it before its end leaves what was there. What is not in the dump stays. */
async function load(content: Restorable, read: Params, clients: Clients, signal: AbortSignal): Promise<Verdict> {
  const dumped = await content.read();
  const whole = Readable.from(inTransaction(dumped));
  // What is given up is read no further.
  whole.once('close', () => dumped.destroy());
  const loaded = await loadInto(read.container, psql(read), whole, clients, signal);
  if (loaded.ok) return loaded;
  const who = await lockHolders(loaded.reason, read.container, (query) => ask(read, query), clients);
  return no(`${loaded.reason}${who}`);
}

/** A database of PostgreSQL in a container, by its own programs. Roles belong to the server, and are not in it. */
export const postgres: SourceKind = defineDump<Params>({
  kind: 'postgres',
  params,
  title: ({ container, database }) => `database ${database} of ${container}`,
  file: 'database.sql',
  dump,
  isWhole: isComplete,
  examine: (content) => examineDump(content),
  fits,
  restore: load,
  makePlace: (read, clients, signal) =>
    madeIn(
      read.container,
      psql({ ...read, database: 'template1' }, `--set=name=${read.database}`),
      makeDatabase,
      clients,
      signal,
    ),
  async scratch(read, clients, options, signal) {
    if (read.host !== undefined && !here.test(read.host))
      throw new ActionError(
        `its server is at ${read.host}, and not in ${read.container}: a container like that one holds no such database`,
        'bad-request',
        false,
      );
    const { container, engine, user } = await scratchPostgres(read, clients, options, signal);
    const there: Params = {
      container: `docker/${engine}/container/${container.name}`,
      database: read.database,
      user,
    };
    return scratchServer(
      {
        container,
        kind: postgres,
        params: there,
        fill: (content, during) => load(content, there, clients, during),
        ask: (query, during) => runIn(container, ask(there, query), during),
      },
      clients,
    );
  },
});
