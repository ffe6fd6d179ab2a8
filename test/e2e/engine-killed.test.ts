import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { databaseImage } from '../harness/database-images.ts';
import { startParamedic } from '../harness/paramedic.ts';
import { type SecondEngine, startSecondEngine } from '../harness/second-engine.ts';
import { backupRuns } from './backup-runs.ts';

const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const name = 'orders-db';
const pgDump = '/usr/bin/pg_dump';
const long = { timeout: 60_000, interval: 100 };

function inside(engine: SecondEngine, ...argv: string[]): string {
  const docker = ['--host', `unix://${engine.socket}`, 'exec', '--env', 'PGPASSWORD=secret', name, ...argv];
  return execFileSync('docker', docker, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
const sql = (engine: SecondEngine, text: string): string =>
  inside(engine, 'psql', '--username=postgres', '--host=127.0.0.1', '--dbname=orders', '-Atc', text).trim();
const answers = (engine: SecondEngine) => vi.waitFor(() => expect(sql(engine, 'SELECT 1')).toBe('1'), long);

it('a dump that an engine is killed in the middle of is no recovery point, and the next one is well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-killed-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const [password, location] = [join(folder, 'password'), join(folder, 'repository')];
  writeFileSync(password, 'a-good-password\n');
  await cheapRepository(location, 'a-good-password');
  const engine = await startSecondEngine();
  closers.push(() => engine.stop());
  await engine.docker
    .createContainer({
      name,
      Image: await databaseImage(engine.docker, 'postgres'),
      Cmd: ['postgres', '-c', 'fsync=off'],
      Env: ['POSTGRES_PASSWORD=secret', 'POSTGRES_DB=orders'],
      HostConfig: { NetworkMode: 'none' },
    })
    .then((made) => made.start());
  await answers(engine);
  sql(engine, `CREATE TABLE orders AS SELECT n, md5(n::text) AS what FROM generate_series(1, 40000) AS n`);

  const source = { container: `docker/second/container/${name}`, database: 'orders' };
  const paramedic = await startParamedic({
    config: stringify({
      docker: [{ name: 'second', socket: engine.socket }],
      kubernetes: [],
      playbooks: [],
      backups: {
        paramedic: 'off',
        repositories: [{ name: 'main', location, password_file: password }],
        sources: [{ name: 'orders', postgres: source, repository: 'main' }],
      },
    }),
  });
  closers.push(() => paramedic.stop());
  const runs = backupRuns(paramedic);
  const listed = (): string =>
    execFileSync('restic', [
      '--repo',
      location,
      '--password-file',
      password,
      '--no-lock',
      'snapshots',
      '--json',
    ]).toString();
  const ids = (): readonly string[] =>
    (JSON.parse(listed()) as { readonly id: string }[]).map(({ id }) => id).toSorted();

  expect(await runs.run('orders')).toMatchObject({ result: 'verified' });
  const good = ids();

  // Half of it at once, and the rest a little at a time.
  const slowly = `{ head -c 500000; for i in $(seq 1 200); do sleep 0.2; head -c 100; done; cat; }`;
  const script = `#!/bin/sh\n${pgDump}.real "$@" | ${slowly}\n`;
  inside(engine, 'sh', '-c', `mv ${pgDump} ${pgDump}.real; printf '%s' '${script}' >${pgDump}; chmod 755 ${pgDump}`);
  const id = await runs.begin('orders');
  await vi.waitFor(async () => {
    const run = (await (await runs.ask(`/api/v1/backups/${id}`)).json()) as BackupRun;
    expect(run.bytes).toBeGreaterThan(0);
  }, long);
  await engine.kill();

  const run = await runs.ended(id);
  expect(run).toMatchObject({ result: 'failed', reason: expect.stringMatching(/broke off|can not be reached/) });
  expect(ids()).toEqual(good);

  await engine.begin();
  const container = engine.docker.getContainer(name);
  await vi.waitFor(async () => expect((await container.inspect()).State.Running).toBe(false), long);
  await container.start();
  await answers(engine);
  inside(engine, 'mv', `${pgDump}.real`, pgDump);
  expect(await runs.run('orders')).toMatchObject({
    result: 'verified',
    point: { shape: { counts: { rows: 40_000 } } },
  });
  expect(ids()).toEqual(expect.arrayContaining([...good]));
});
