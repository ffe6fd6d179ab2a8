import { z } from 'zod';
import type { Command } from '../../../domain/docker-streams.ts';
import { containerKey } from '../../container-of.ts';
import { defineDump } from '../../dump-source.ts';
import { examineDump, isComplete } from './dump.ts';

const params = z.strictObject({
  container: containerKey,
  /** A name alone: what holds `=` or `://` would be taken for a connection string, and there can be a password in that. */
  database: z.string().regex(/^(?!-)(?!.*(=|:\/\/)).+$/, 'has to be the name of a database'),
  user: z.string().min(1, 'is empty').default('postgres'),
  /** In the container; `pg_dump` asks it for its own when it is absent. */
  host: z.string().min(1, 'is empty').optional(),
});
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

/** All or nothing: a statement that fails leaves what was there. */
const load = (read: Params): Command => ({
  argv: [
    'psql',
    ...login(read),
    '--no-psqlrc',
    '--quiet',
    '--set=ON_ERROR_STOP=1',
    '--single-transaction',
    `--dbname=${read.database}`,
  ],
});

/** A database of PostgreSQL in a container, by its own programs. Roles belong to the server, and are not in it. */
export const postgres = defineDump<Params>({
  kind: 'postgres',
  params,
  title: ({ container, database }) => `database ${database} of ${container}`,
  file: 'database.sql',
  dump,
  isWhole: isComplete,
  examine: (content) => examineDump(content),
  load,
});
