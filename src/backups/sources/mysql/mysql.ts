import { z } from 'zod';
import { containerKey } from '../../container-of.ts';
import { defineDump } from '../../dump-source.ts';
import { examineDump, isComplete } from './dump.ts';

const params = z.strictObject({
  container: containerKey,
  database: z.string().regex(/^[^-]/, 'has to be the name of a database'),
  user: z.string().min(1, 'is empty').default('root'),
  /** Where the client finds its password, in the container: a password in an argument would be seen by everybody there. */
  defaults_file: z.string().startsWith('/', 'has to be an absolute path').optional(),
  /** `mariadb-dump` and `mariadb` in newer images of MariaDB. */
  dump_program: z.enum(['mysqldump', 'mariadb-dump']).default('mysqldump'),
  client_program: z.enum(['mysql', 'mariadb']).default('mysql'),
});
type Params = z.output<typeof params>;

/** It has to come first, or is not read. */
const login = ({ defaults_file, user }: Params): readonly string[] => [
  ...(defaults_file === undefined ? [] : [`--defaults-extra-file=${defaults_file}`]),
  `--user=${user}`,
];

/** A database of MySQL or MariaDB in a container, by its own programs. */
export const mysql = defineDump<Params>({
  kind: 'mysql',
  params,
  title: ({ container, database }) => `database ${database} of ${container}`,
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
      read.database,
    ],
  }),
  isWhole: isComplete,
  examine: (content) => examineDump(content),
  load: (read) => ({ argv: [read.client_program, ...login(read), read.database] }),
});
