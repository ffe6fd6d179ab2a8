import { z } from 'zod';
import { dumpOf } from '../../container-dump.ts';
import { loadInto } from '../../container-load.ts';
import { containerKey } from '../../container-of.ts';
import { defineSource } from '../../source-kind.ts';
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
export const mysql = defineSource<Params>({
  kind: 'mysql',
  class: 'data',
  params,
  title: ({ container, database }) => `database ${database} of ${container}`,
  open: (read, clients, signal, timeoutMs) =>
    dumpOf(
      {
        container: read.container,
        // One moment of it, without a lock that would stop the application.
        command: {
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
        },
        file: 'database.sql',
        isWhole: isComplete,
      },
      clients,
      signal,
      timeoutMs,
    ),
  examine: (content) => examineDump(content),
  restore: (content, read, clients, signal) =>
    loadInto(read.container, { argv: [read.client_program, ...login(read), read.database] }, content, clients, signal),
});
