import { z } from 'zod';
import type { Clients } from '../../../domain/clients.ts';
import type { Command } from '../../../domain/docker-streams.ts';
import { ActionError } from '../../../domain/errors.ts';
import { no, type Verdict } from '../../../domain/verdict.ts';
import { loadInto } from '../../server-load.ts';
import { runBeside } from '../../drill-server.ts';
import { defineDump } from '../../dump-source.ts';
import { scratchServer } from '../../scratch-server.ts';
import { elsewhere, onePlace, placeText, serverPlace } from '../../server-place.ts';
import type { Restorable, SourceKind } from '../../source-kind.ts';
import { examineDump, isComplete } from './dump.ts';
import { scratchMysql } from './scratch.ts';

const fields = z.strictObject({
  ...serverPlace,
  database: z.string().regex(/^[^-]/, 'has to be the name of a database'),
  user: z.string().min(1, 'is empty').default('root'),
  /** Where the client finds its password, in the container or pod: a password in an argument would be seen by everybody there. */
  defaults_file: z.string().startsWith('/', 'has to be an absolute path').optional(),
  /** `mariadb-dump` and `mariadb` in newer images of MariaDB. */
  dump_program: z.enum(['mysqldump', 'mariadb-dump']).default('mysqldump'),
  client_program: z.enum(['mysql', 'mariadb']).default('mysql'),
});
const params = fields.check(onePlace);
type Params = z.output<typeof params>;

/** It has to come first, or is not read. */
const login = ({ defaults_file, user }: Params): readonly string[] => [
  ...(defaults_file === undefined ? [] : [`--defaults-extra-file=${defaults_file}`]),
  `--user=${user}`,
];

const client = (read: Params, ...more: readonly string[]): Command => ({
  argv: [read.client_program, ...login(read), ...more, read.database],
});

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
  restore: load,
  async scratch(read, clients, options, signal) {
    const server = await scratchMysql(read, login(read), clients, options, signal);
    const there: Params = { ...read, ...elsewhere(server.place) };
    return scratchServer(
      {
        server,
        kind: mysql,
        params: there,
        fill: (content, during) => load(content, there, clients, during),
        ask: (query, during) =>
          runBeside(server, client(there, '--batch', '--skip-column-names', `--execute=${query}`), during),
      },
      clients,
    );
  },
});
