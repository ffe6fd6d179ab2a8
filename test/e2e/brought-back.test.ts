import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { dataTags, manifestOf } from '../../src/backups/manifest.ts';
import { createRepository } from '../../src/backups/restic/repository.ts';
import type { Produced } from '../../src/domain/backup.ts';
import { yes } from '../../src/domain/verdict.ts';
import type { TestContainer } from '../harness/containers.ts';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { type DatabaseScene, databaseScene } from '../harness/database-scene.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { type BackupRuns, backupRuns } from './backup-runs.ts';
import { metric } from './live-paramedic.ts';
import { runParamedic } from './run-paramedic.ts';

/** Real servers, a real repository, and one Paramedic that backs all of them up. */
let scene: DatabaseScene;
let folder: string;
let paramedic: Paramedic;
let runs: BackupRuns;
let [postgres, mariadb, redis, app]: TestContainer[] = [];
const closers: (() => unknown)[] = [];

const must = <T>(one: T | undefined): T => {
  if (one === undefined) throw new Error('the scene did not start');
  return one;
};
const sql = (text: string): Promise<string> =>
  scene.said(must(postgres), ['psql', '--username=postgres', '--dbname=orders', '--quiet', '-At'], text);
const mysql = (text: string): Promise<string> => {
  const login = ['--defaults-extra-file=/run/secrets/client.cnf', '--user=root', '--batch', '--skip-column-names'];
  return scene.said(must(mariadb), ['mysql', ...login, 'shop'], text);
};
const cli = (text: string): Promise<string> => scene.said(must(redis), ['redis-cli'], `${text}\n`);
const inApp = (script: string): Promise<string> => scene.said(must(app), ['sh', '-c', script]);
const files = (): string => join(folder, 'files');

/** What there is of a source, whether it is lost, and what a probe asks of it. */
interface Held {
  readonly sum: () => Promise<string>;
  readonly destroy: () => unknown;
  readonly probes: readonly object[];
  /** Around the restore, where nobody may be at it meanwhile. */
  readonly before?: () => unknown;
  readonly after?: () => unknown;
}
const held: Readonly<Record<string, Held>> = {
  postgres: {
    sum: () => sql("SELECT md5(string_agg(o::text, '|' ORDER BY n)) FROM orders AS o"),
    destroy: () => sql('DROP TABLE orders'),
    probes: [
      { query: 'SELECT count(*) FROM orders', at_least: 5_000 },
      { command: ['pg_isready'], matches: 'accepting' },
    ],
  },
  mysql: {
    sum: () => mysql('CHECKSUM TABLE stock'),
    destroy: () => mysql('DELETE FROM stock WHERE id > 3; ALTER TABLE stock DROP COLUMN what'),
    probes: [{ query: 'SELECT count(*) FROM stock', at_least: 5_000 }],
  },
  redis: {
    sum: () => cli('DEBUG DIGEST'),
    destroy: () => cli('FLUSHALL'),
    probes: [{ command: ['redis-cli', 'GET', 'lasting'], matches: '^1$' }],
  },
  volume: {
    sum: () => inApp('cd /data && find . -type f | sort | xargs md5sum | md5sum'),
    destroy: () => inApp('rm -rf /data/a; echo worse >/data/b'),
    probes: [{ command: ['cat', '/data/b'], matches: '^well$' }],
    // Nobody may write into it meanwhile.
    before: () => scene.containers.docker.getContainer(must(app).id).stop({ t: 1 }),
    after: () => scene.containers.docker.getContainer(must(app).id).start(),
  },
  files: {
    sum: async () => execFileSync('sh', ['-c', `cd ${files()} && find . -type f | sort | xargs md5sum`]).toString(),
    destroy: () => rmSync(files(), { recursive: true }),
    probes: [],
  },
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-back-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'password'), 'a-good-password\n');
  writeFileSync(join(folder, 'key'), 'a-good-password\n');
  for (const name of ['main', 'locked']) await cheapRepository(join(folder, name), 'a-good-password');
  writeFileSync(join(folder, 'client.cnf'), '[client]\npassword=secret\n', { mode: 0o644 });
  mkdirSync(join(files(), 'etc'), { recursive: true });
  for (let n = 0; n < 50; n += 1) writeFileSync(join(files(), 'etc', `${n}.conf`), `setting = ${n}\n`.repeat(n));
  scene = await databaseScene();
  closers.push(() => scene.remove());
  const volume = `${scene.containers.prefix}-data`;
  closers.push(() =>
    scene.containers.docker
      .getVolume(volume)
      .remove({ force: true })
      .catch(() => undefined),
  );
  [postgres, mariadb, redis, app] = await Promise.all([
    scene.server('postgres', 'postgres', { env: { POSTGRES_PASSWORD: 'secret', POSTGRES_DB: 'orders' } }),
    scene.server('mariadb', 'mariadb', {
      env: { MYSQL_ROOT_PASSWORD: 'secret', MYSQL_DATABASE: 'shop' },
      binds: [`${join(folder, 'client.cnf')}:/run/secrets/client.cnf:ro`],
    }),
    scene.server('redis', 'redis', { argv: ['--enable-debug-command', 'yes', '--appendonly', 'yes'] }),
    scene.containers.run('app', ['sh', '-c', 'trap exit TERM; while :; do sleep 1; done'], {
      create: { HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/data' }] } },
    }),
  ]);
  await Promise.all([
    sql('CREATE TABLE orders AS SELECT n, md5(n::text) AS what FROM generate_series(1, 5000) AS n'),
    mysql(
      'CREATE TABLE stock (id int PRIMARY KEY, what text); INSERT INTO stock SELECT seq, MD5(seq) FROM seq_1_to_5000',
    ),
    cli('DEBUG POPULATE 5000 key 60\nSET lasting 1'),
    inApp('mkdir /data/a; for n in $(seq 100); do seq $n 500 >/data/a/$n; done; echo well >/data/b'),
  ]);

  const of = (name: string, kind: object) => ({ name, ...kind, drill: { probes: held[name]?.probes } });
  const config = {
    mode: 'act',
    docker: [{ name: 'local', socket: dockerSocket() }],
    kubernetes: [],
    playbooks: [],
    backups: {
      paramedic: 'off',
      repositories: [
        { name: 'main', location: join(folder, 'main'), password_file: join(folder, 'password') },
        { name: 'locked', location: join(folder, 'locked'), password_file: join(folder, 'key') },
      ],
      sources: [
        of('postgres', { postgres: { container: scene.key(postgres), database: 'orders' } }),
        of('mysql', {
          mysql: { container: scene.key(mariadb), database: 'shop', defaults_file: '/run/secrets/client.cnf' },
        }),
        of('redis', { redis: { container: scene.key(redis) } }),
        of('volume', { 'docker-volume': { volume: `docker/local/volume/${volume}` } }),
        of('files', { path: { paths: [files()] } }),
        { name: 'cut', postgres: { container: scene.key(postgres), database: 'orders' } },
        { name: 'locked', path: { paths: [files()] }, repository: 'locked' },
      ].map((source) => ({ repository: 'main', ...source })),
    },
  };
  paramedic = await startParamedic({ config: stringify(config) });
  closers.push(() => paramedic.stop());
  runs = backupRuns(paramedic);
});
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe('what is lost of a source is as it was', () => {
  it.each(Object.entries(held))('%s', async (name, { sum, destroy, before, after }) => {
    const [was, things] = [await sum(), await scene.things()];
    const backup = await runs.run(name);
    expect({ result: backup.result, reason: backup.reason }).toMatchObject({ result: 'verified' });
    const drill = await runs.run(name, 'drill');
    expect({ result: drill.result, reason: drill.reason }).toMatchObject({ result: 'verified' });
    expect(await scene.things()).toEqual(things);

    await destroy();
    expect(await sum().catch(() => 'it is not there')).not.toBe(was);
    await before?.();
    const restore = await runs.run(name, 'restore');
    const { result, reason } = restore;
    expect({ result, reason }).toEqual({ result: 'verified', reason: expect.stringContaining(': all there: ') });
    await after?.();
    expect(await sum()).toBe(was);
    expect(await scene.things()).toEqual(things);
  });
});

/** 1: the last drill of it was not well. */
const drillFailed = (source: string) => metric(paramedic, 'paramedic_backup_last_drill_failed', { source });

/** What somebody takes for the whole dump; `row`: the line of which row is not in it any more, of 5,000, up to `rows`. */
const cuts = [
  [
    'at its end',
    (lines: string[], row: number) => [...lines.slice(0, row), ''],
    /^the dump ends in the middle of a table/,
  ],
  [
    'in its middle',
    (lines: string[], row: number, rows: number) => lines.toSpliced(row, rows - row),
    /^it is not all there: .*\b2499 rows of 5000/,
  ],
] as const;

it.each(cuts)('a drill finds a recovery point with a dump that was cut %s', async (_where, cutOf, says) => {
  const { snapshot = '', point } = await runs.run('postgres');
  const { file = '', ...rest } = must(point);
  const place = {
    name: 'main',
    location: join(folder, 'main'),
    password: { reveal: () => 'a-good-password' },
    env: {},
  };
  const repository = createRepository(place, { cacheDir: join(folder, 'cache') });
  const lines = (await buffer(await repository.read(snapshot, file))).toString().split('\n');
  const row = lines.findIndex((line) => line.startsWith('2500\t'));
  expect(row).toBeGreaterThan(2_500);
  const part = Buffer.from(cutOf(lines, row, lines.indexOf('\\.', row)).join('\n'));
  const sha256 = createHash('sha256').update(part).digest('hex');
  const cut: Produced = {
    file,
    stream: Readable.from([part]),
    whole: async () => yes('nobody knows'),
    stop: () => undefined,
  };
  const options = { host: 'cut', timeoutMs: 60_000 };
  const made = await repository.backup(cut, { ...options, tags: dataTags(file) });
  if (!made.ok) throw new Error(made.reason);
  const { produced, tags } = manifestOf({ ...rest, file, sha256, source: 'cut', snapshot: made.snapshot.id });
  expect(await repository.backup(produced, { ...options, tags })).toMatchObject({ ok: true });

  const things = await scene.things();
  const drill = await runs.run('cut', 'drill');
  expect(drill).toMatchObject({ result: 'failed', snapshot: made.snapshot.id });
  expect(drill.reason).toMatch(says);
  expect(await drillFailed('cut')).toBe(1);
  expect(await scene.things()).toEqual(things);
});

it('a drill finds that the password was changed by somebody else, and is well once that is known', async () => {
  expect(await runs.run('locked')).toMatchObject({ result: 'verified' });
  expect(await runs.run('locked', 'drill')).toMatchObject({ result: 'verified' });
  expect(await drillFailed('locked')).toBe(0);
  const [was, next] = [join(folder, 'key'), join(folder, 'next')];
  writeFileSync(next, 'another-password\n');
  const restic = ['--repo', join(folder, 'locked'), '--password-file', was, '--no-cache'];
  execFileSync('restic', [...restic, 'key', 'passwd', '--new-password-file', next], { stdio: 'ignore' });

  const drill = await runs.run('locked', 'drill');
  expect(drill).toMatchObject({ result: 'failed', reason: expect.stringContaining('the password is wrong') });
  expect(await drillFailed('locked')).toBe(1);
  writeFileSync(was, 'another-password\n');
  expect((await runs.ask('/-/reload', {})).status).toBe(200);
  expect(await runs.run('locked', 'drill')).toMatchObject({ result: 'verified' });
  expect(await drillFailed('locked')).toBe(0);
});

/** The packs that hold data are damaged; those that only say what there is are smaller. */
function damage(): void {
  const data = join(folder, 'main/data');
  for (const sub of readdirSync(data))
    for (const pack of readdirSync(join(data, sub)).map((file) => join(data, sub, file)))
      if (statSync(pack).size > 10_000) {
        chmodSync(pack, 0o600);
        writeFileSync(pack, readFileSync(pack).fill(0x5a, 1_000, 3_000));
      }
}

it('a repository whose packs are damaged brings nothing back, says so, and what is there stays', async () => {
  const was = await sql('SELECT count(*) FROM orders');
  const { snapshot = '' } = await runs.run('postgres');
  damage();
  const drill = await runs.run('postgres', 'drill');
  expect(drill).toMatchObject({ result: 'failed', snapshot });
  const args = ['restore', 'postgres', '--yes', '--config', join(paramedic.dataDir, 'paramedic.yml')];
  const { code, out } = await runParamedic(args);
  expect(code).toBe(1);
  expect(out).toContain(`recovery point ${snapshot.slice(0, 8)} of `);
  expect(out).toMatch(/snapshot [0-9a-f]{8} is not brought back: /);
  expect(await sql('SELECT count(*) FROM orders')).toBe(was);
});
