import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { createDockerClient } from '../../src/clients/docker.ts';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { type Containers, testContainers } from '../harness/containers.ts';
import { databaseImage } from '../harness/database-images.ts';
import { busyboxImage } from '../harness/docker-image.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { startProcess } from '../harness/process.ts';
import { type SecondEngine, startSecondEngine } from '../harness/second-engine.ts';
import { builtMain, runParamedic } from './run-paramedic.ts';

const second = 1_000_000_000;
const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let folder: string;
let containers: Containers;
let other: SecondEngine;
let paramedic: Paramedic;
const name = (of: string): string => `${containers.prefix}-${of}`;
const repository = (): string => join(folder, 'repository');
const password = (): string => join(folder, 'password');
const lost = (): string => join(folder, 'lost');
/** A folder of the host that the app writes to, and that is in no recovery point here. */
const extra = (): string => join(folder, 'extra');
/** A file of the host that it reads. */
const mounted = (): string => join(folder, 'app.conf');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-machine-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(extra());
  writeFileSync(password(), 'a-good-password\n');
  await cheapRepository(repository(), 'a-good-password');
  writeFileSync(mounted(), 'greeting well\n', { mode: 0o640 });
  containers = await testContainers();
  await makeShop(containers.docker);
  const source = (of: string, repo: string) => ({
    name: of,
    repository: repo,
    postgres: { container: `docker/edge/container/${name('db')}`, database: 'orders' },
  });
  const config = {
    docker: [{ name: 'edge', socket: dockerSocket() }],
    kubernetes: [],
    playbooks: [],
    backups: {
      paramedic: 'off',
      repositories: [
        { name: 'main', location: repository(), password_file: password() },
        { name: 'lost', location: lost(), password_file: password() },
      ],
      sources: [
        source('orders', 'main'),
        source('torn', 'lost'),
        { name: 'uploads', repository: 'main', 'docker-volume': { volume: `docker/edge/volume/${name('uploads')}` } },
        {
          name: 'machine',
          repository: 'main',
          'docker-containers': { engine: 'docker/edge', containers: [`${containers.prefix}-*`] },
        },
        { name: 'switch', repository: 'main', command: { argv: ['echo', 'hostname one'], file: 'switch.conf' } },
      ],
    },
  };
  paramedic = await startParamedic({ config: stringify(config) });
  closers.push(() => paramedic.stop());
  other = await startSecondEngine();
  closers.push(() => other.stop());
});

/** A shop of two: a server of PostgreSQL with its data in a volume that has no name, and an app that needs it. */
async function makeShop(docker: Docker): Promise<void> {
  const project = { 'com.docker.compose.project': containers.prefix };
  await docker.createNetwork({ Name: name('shop'), Labels: { owner: 'shop' } });
  closers.push(() => docker.getNetwork(name('shop')).remove());
  closers.push(() => docker.getVolume(name('uploads')).remove());
  closers.push(() => containers.removeAll());
  await containers.run('db', ['postgres'], {
    labels: { ...project, 'com.docker.compose.service': 'db' },
    create: {
      Image: await databaseImage(docker, 'postgres'),
      Env: ['POSTGRES_PASSWORD=a-secret', 'POSTGRES_DB=orders'],
      HostConfig: { NetworkMode: name('shop') },
    },
  });
  const fill = 'mkdir -p /data/a /www; i=0; while [ $i -lt 50 ]; do seq 1 500 > /data/a/$i; i=$((i+1)); done';
  const ask = `nc -w 1 ${name('db')} 5432 </dev/null && printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 127.0.0.1 8080 | grep -q well`;
  const app = `test -e /data/a/49 || { ${fill}; }; mkdir -p /www; grep -o well /etc/app.conf > /www/index.html; exec httpd -f -p 8080 -h /www`;
  await containers.run('app', ['sh', '-c', app], {
    labels: {
      ...project,
      'com.docker.compose.service': 'app',
      'com.docker.compose.depends_on': 'db:service_started:false',
    },
    create: {
      Healthcheck: { Test: ['CMD-SHELL', ask], Interval: second, Timeout: 2 * second, Retries: 5 },
      HostConfig: {
        NetworkMode: name('shop'),
        Mounts: [{ Type: 'volume', Source: name('uploads'), Target: '/data' }],
        Binds: [`${mounted()}:/etc/app.conf:ro`, `${extra()}:/extra`],
      },
    },
  });
  const db = docker.getContainer(name('db'));
  const rows = 'CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS what FROM generate_series(1, 20000) n';
  const within = { timeout: 60_000, interval: 500 };
  await vi.waitFor(async () => expect((await said(dockerSocket(), db.id, psql(rows))).code).toBe(0), within);
  await vi.waitFor(async () => expect(await health(docker, 'app')).toBe('healthy'), within);
}

/** By TCP: the server that a new database is made by answers on its socket only. */
const psql = (sql: string): [string, ...string[]] => [
  'psql',
  'host=127.0.0.1 user=postgres password=a-secret dbname=orders',
  '--no-psqlrc',
  '--tuples-only',
  `--command=${sql}`,
];

async function said(socket: string, id: string, argv: [string, ...string[]]): Promise<{ out: string; code: number }> {
  const client = await createDockerClient({ name: 'asked', host: socket, instances: [] });
  const output = await client.execOut(id, { argv }, { signal: new AbortController().signal, silentMs: 30_000 });
  const out = await text(output.stdout);
  return { out, code: (await output.ended()).exitCode };
}
const health = async (docker: Docker, of: string): Promise<string | undefined> =>
  (await docker.getContainer(name(of)).inspect()).State.Health?.Status;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
/** Of what both have: their rows in order, and their files. */
async function sums(docker: Docker, socket: string): Promise<{ readonly rows: string; readonly files: string }> {
  const rows = await said(socket, name('db'), psql('SELECT * FROM orders ORDER BY id'));
  expect(rows).toMatchObject({ code: 0, out: expect.stringContaining('20000') });
  const archive = await docker.getContainer(name('app')).getArchive({ path: '/data/a' });
  return { rows: sha256(rows.out), files: sha256(await buffer(archive)) };
}
const cli = (...args: string[]) => runParamedic([...args, '--config', join(paramedic.dataDir, 'paramedic.yml')]);
/** With nothing but the repository and its password: no configuration, no Redis, no server. */
const words = (from: string): string[] => ['restore', '--all', '--from', from, '--password-file', password()];
/** What is killed leaves the folder of its cache: here it goes with the others. */
const elsewhere = (): Readonly<Record<string, string>> => ({ DOCKER_HOST: `unix://${other.socket}`, TMPDIR: folder });
const restore = (from: string, ...more: string[]) => runParamedic([...words(from), ...more], elsewhere());
const all = async (): Promise<readonly string[]> =>
  (await other.docker.listContainers({ all: true })).map(({ Names }) => Names[0] ?? '').toSorted();

describe('a machine that is gone', () => {
  it('has no recovery point of a dump whose last hundredth was zeroed before its end', async () => {
    const zeroed = `real=$(command -v pg_dump); mv $real $real-real; printf '%s\\n' '#!/bin/sh' "$real-real \\"\\$@\\" > /tmp/dump || exit 1" 'size=$(stat -c %s /tmp/dump)' 'head -c $((size - size / 100)) /tmp/dump' 'head -c $((size / 100)) /dev/zero' > $real; chmod +x $real`;
    const back = 'real=$(command -v pg_dump); mv $real-real $real';
    const shell = async (script: string): Promise<void> =>
      expect(await said(dockerSocket(), name('db'), ['sh', '-c', script])).toEqual({ code: 0, out: '' });
    await shell(zeroed);
    const { code, out } = await cli('backup', 'torn');
    await shell(back);
    expect(code).toBe(1);
    expect(out).toContain('what it wrote has no end of its own');
    expect(await restore(lost(), '--yes')).toEqual({
      code: 2,
      out: '',
      err: `there is nothing to bring back in ${lost()}: no source has a snapshot in it\n`,
    });
    // The same, had it come into the repository in another way.
    const input = Buffer.concat([randomBytes(100_000), Buffer.alloc(1_000)]);
    const args = ['backup', '--stdin', '--stdin-filename', 'database.sql', '--host', 'torn', '--tag', 'paramedic-data'];
    execFileSync('restic', ['--repo', lost(), '--password-file', password(), '--no-cache', '-q', ...args], { input });
    expect(await restore(lost(), '--yes')).toEqual({
      code: 2,
      out: '',
      err: `there is nothing to bring back in ${lost()}: there is no recovery point of torn: none of its 1 snapshots was read back and found good\n`,
    });
    expect(await all()).toEqual([]);
  });

  it('comes back on an empty engine, with what it had, and is not made twice', async () => {
    const before = await sums(containers.docker, dockerSocket());
    for (const source of ['orders', 'uploads', 'machine', 'switch'])
      expect(await cli('backup', source)).toEqual({ code: 0, err: '', out: expect.stringContaining('verified') });

    rmSync(mounted());
    const planned = await restore(repository(), '--dry-run');
    expect(planned).toEqual({ code: 0, err: '', out: expect.anything() });
    expect(planned.out).toContain('switch (command): nothing can be written back of that kind: restic --repo');
    expect(await all()).toEqual([]);

    const { code, out, err } = await restore(repository(), '--yes');
    expect({ code, err, out }).toMatchObject({ code: 0, err: '' });
    expect(out).toMatch(/all is well: 2 containers of edge are back with what they had; recovery time \d+/);
    expect(await sums(other.docker, other.socket)).toEqual(before);
    expect(await health(other.docker, 'app')).toBe('healthy');
    const asked = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 127.0.0.1 8080";
    expect((await said(other.socket, name('app'), ['sh', '-c', asked])).out).toContain('well');
    expect((await other.docker.getNetwork(name('shop')).inspect()).Labels).toMatchObject({ owner: 'shop' });

    expect([readFileSync(mounted(), 'utf8'), statSync(mounted()).mode & 0o777]).toEqual(['greeting well\n', 0o640]);

    const made = await all();
    const refused = await restore(repository(), '--yes');
    expect(refused).toEqual({ code: 2, err: '', out: expect.anything() });
    expect(refused.out).toContain('nothing was touched:');
    const ids = (await other.docker.listContainers()).map(({ Id }) => Id).toSorted();
    await said(other.socket, name('db'), psql('DELETE FROM orders WHERE id > 1'));
    const again = await restore(repository(), '--yes', '--into-existing');
    expect(again).toEqual({ code: 0, err: '', out: expect.anything() });
    expect((await other.docker.listContainers()).map(({ Id }) => Id).toSorted()).toEqual(ids);
    expect(await all()).toEqual(made);
    // What was written since is not written over.
    expect((await said(other.socket, name('db'), psql('SELECT count(*) FROM orders'))).out.trim()).toBe('1');
  });

  it('does not come back onto one that has something of that name', async () => {
    for (const { Id } of await other.docker.listContainers({ all: true }))
      await other.docker.getContainer(Id).remove({ force: true, v: true });
    await other.docker.pruneVolumes();
    await other.docker.getNetwork(name('shop')).remove();
    await other.docker.createContainer({
      name: name('app'),
      Image: await busyboxImage(other.docker),
      Cmd: ['true'],
    });
    const plain = await restore(repository(), '--yes');
    expect(plain).toEqual({ code: 2, err: '', out: expect.anything() });
    expect(plain.out).toContain(`the engine is not empty: it has container ${name('app')}`);
    const into = await restore(repository(), '--yes', '--into-existing');
    expect(into).toEqual({ code: 2, err: '', out: expect.anything() });
    expect(into.out).toContain(`container ${name('app')} is there, and was not made by this: it is not touched`);
    expect(await all()).toEqual([`/${name('app')}`]);
    expect((await other.docker.listVolumes()).Volumes ?? []).toEqual([]);
    await other.docker.getContainer(name('app')).remove();
  });

  it('goes on where it was killed, and once what it lacks is there', async () => {
    const before = await sums(containers.docker, dockerSocket());
    const first = await startProcess(process.execPath, [builtMain, ...words(repository()), '--yes'], {
      env: elsewhere(),
    });
    await first.waitForLine((line) => line.includes(`make and start container ${name('db')}: done`), 120_000);
    first.signal('SIGKILL');
    await first.end;
    expect(await all()).toEqual([`/${name('db')}`]);
    rmSync(extra(), { recursive: true });
    const lacking = await restore(repository(), '--yes', '--into-existing');
    expect(lacking.code).toBe(1);
    expect(lacking.out).toContain(`make volume ${name('uploads')}: there already`);
    const why = `it mounts ${extra()} of its host, which is not there: bring that back first`;
    expect(lacking.out).toContain(`not there: make and start container ${name('app')}: ${why}`);
    expect(lacking.out).not.toContain('all is well');
    mkdirSync(extra());
    const { code, out } = await restore(repository(), '--yes', '--into-existing');
    expect(code).toBe(0);
    expect(out).toContain('all is well: 2 containers');
    expect(await sums(other.docker, other.socket)).toEqual(before);
  });

  it('is left alone without the right password', async () => {
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'another\n');
    const { code, out, err } = await runParamedic(
      ['restore', '--all', '--from', repository(), '--password-file', wrong, '--yes'],
      elsewhere(),
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^nothing was done: .*password/);
  });
});
