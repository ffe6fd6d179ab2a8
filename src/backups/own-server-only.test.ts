import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { PodCommand } from '../domain/pod-streams.ts';
import { ownServerOnly, withoutHosts } from './own-server-only.ts';

const away = {
  PGHOST: 'orders',
  PGHOSTADDR: '10.0.0.7',
  PGSERVICE: 'orders',
  MYSQL_HOST: 'shop',
  MARIADB_HOST: 'shop',
};

it('a program beside a server of a drill is told of no other server, and all else as it was', () => {
  const { argv } = withoutHosts({ argv: ['sh', '-c', 'env | grep -E "^(PG|MYSQL|MARIADB)" | sort; echo "$0"', 'a b'] });
  const [program, ...rest] = argv;
  const env = { ...process.env, ...away, PGPORT: '5433', MYSQL_PWD: 'x' };
  const mine = execFileSync(program, rest, { env, encoding: 'utf8' }).split('\n');
  expect(mine.filter((line) => line !== '')).toEqual(['MYSQL_PWD=x', 'PGPORT=5433', 'a b']);
});

it.each([
  ['paramedic-drill-0123456789ab', true],
  ['orders-db-0', false],
])('beside %s: %s', async (name, isPinned) => {
  const run: PodCommand[] = [];
  const note = async (command: PodCommand): Promise<never> => {
    run.push(command);
    throw new Error('no more is asked');
  };
  const execs = ownServerOnly(name, { execOut: note, execIn: note });
  const limits = { signal: new AbortController().signal, silentMs: 1 };
  await execs.execOut({ argv: ['psql'] }, limits).catch(() => undefined);
  const wanted = isPinned ? withoutHosts({ argv: ['psql'] }) : { argv: ['psql'] };
  expect(run).toEqual([wanted]);
});
