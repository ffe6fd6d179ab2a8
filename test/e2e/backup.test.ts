import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { cheapRepository } from '../harness/cheap-repository.ts';
import { type Containers, testContainers } from '../harness/containers.ts';
import { databaseScene } from '../harness/database-scene.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { onFreePort } from '../harness/process.ts';
import { restLogin, startRestServer } from '../harness/rest-server.ts';
import { runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let folder: string;
let paramedic: Paramedic;
let containers: Containers;
const repository = (): string => join(folder, 'repository');
const fifo = (): string => join(folder, 'fifo');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-backup-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'password'), 'a-good-password\n');
  await cheapRepository(repository(), 'a-good-password');
  execFileSync('mkfifo', [fifo()]);
  containers = await testContainers();
  closers.push(() =>
    containers.docker
      .getVolume(volume())
      .remove({ force: true })
      .catch(() => undefined),
  );
  closers.push(() => containers.removeAll());
});

const volume = (): string => `${containers.prefix}-data`;

/** `place`: of the repository. */
async function serve(place: object = { location: repository() }, ...more: object[]): Promise<void> {
  const config = {
    mode: 'act',
    docker: [{ name: 'edge', socket: dockerSocket() }],
    kubernetes: [],
    playbooks: [],
    backups: {
      paramedic: 'off',
      repositories: [{ name: 'main', ...place, password_file: join(folder, 'password') }],
      sources: [
        ...more,
        { name: 'files', 'docker-volume': { volume: `docker/edge/volume/${volume()}` } },
        // It says what is written into the pipe, and is whole when that was closed.
        { name: 'switch', command: { argv: ['cat', fifo()], file: 'switch.conf', ends_with: 'end' } },
      ],
    },
  };
  paramedic = await startParamedic({ config: stringify(config) });
  closers.push(() => paramedic.stop());
}
const cli = (...args: string[]) => runParamedic([...args, '--config', join(paramedic.dataDir, 'paramedic.yml')]);

const restic = (...args: string[]): Buffer =>
  execFileSync('restic', ['--repo', repository(), '--password-file', join(folder, 'password'), '--no-cache', ...args], {
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const snapshots = (): { id: string; tags: string[] }[] => JSON.parse(restic('snapshots', '--json').toString());
/** What the API says: each run of our own program takes half a second of the processor. */
async function api<Answer>(path: string): Promise<Answer> {
  const authorization = `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}`;
  return (await (await fetch(`${paramedic.url}/api/v1/${path}`, { headers: { authorization } })).json()) as Answer;
}
interface Source {
  readonly name: string;
  readonly newest?: { readonly snapshot: string };
  readonly running: readonly string[];
}
const source = async (name: string): Promise<Source | undefined> =>
  (await api<{ sources: Source[] }>('backups')).sources.find((one) => one.name === name);

describe('a backup by hand', () => {
  it('of a volume that a container uses is read back, listed, and holds what the volume held', async () => {
    // Who needs the repository makes it.
    rmSync(repository(), { recursive: true });
    const script = `mkdir -p /data/a; i=0; while [ $i -lt 200 ]; do seq 1 500 > /data/a/$i; i=$((i+1)); done; sleep 1000`;
    const app = await containers.run('app', ['sh', '-c', script], {
      create: { HostConfig: { Mounts: [{ Type: 'volume', Source: volume(), Target: '/data' }] } },
    });
    const mountpoint = (await containers.docker.getVolume(volume()).inspect()).Mountpoint;
    await expect.poll(() => readdirSync(join(mountpoint, 'a')).length).toBe(200);
    await serve();

    const { code, out, err } = await cli('backup', 'files');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^begun: b_[0-9a-f]{16}\nb_[0-9a-f]{16} {2}files to main: verified\n {2}read back and found whole; it is the first one, and there is nothing to compare it with; 1 of 1 snapshots are kept\n {2}snapshot [0-9a-f]{8}, 378 KB, 200 files, 2 directories, 0 others\n {2}it took /,
    );

    const snapshot = (await source('files'))?.newest?.snapshot ?? '';
    expect((await cli('backups', 'list')).out).toContain(
      `files  the files of docker/edge/volume/${volume()}, to main\n  recovery point ${snapshot.slice(0, 8)} of `,
    );
    const back = mkdtempSync(join(folder, 'back-'));
    execFileSync('tar', ['-C', back, '-xf', '-'], { input: restic('dump', snapshot, '/volume.tar') });
    expect(sumOf(join(back, 'paramedic-volume/a'))).toBe(sumOf(join(mountpoint, 'a')));
    // The container it was read through is gone, and the one that uses the volume was not touched.
    const all = await containers.docker.listContainers({ all: true });
    expect(all.filter(({ Labels }) => Labels['paramedic.dev/volume-reader'] !== undefined)).toEqual([]);
    expect((await app.inspect()).State.Status).toBe('running');
  });

  it('of a PostgreSQL in a container, to a server of repositories, is what comes back from there', async () => {
    const at = join(folder, 'served');
    mkdirSync(at);
    let location = '';
    const server = await onFreePort((port) => {
      location = `rest:http://127.0.0.1:${port}/shop`;
      return startRestServer(at, port);
    });
    closers.push(() => server.stop());
    const scene = await databaseScene();
    closers.push(() => scene.remove());
    const env = { POSTGRES_PASSWORD: 'secret', POSTGRES_DB: 'orders' };
    const database = await scene.server('postgres', 'orders', { env });
    const sql = (text: string) =>
      scene.said(database, ['psql', '--username=postgres', '--dbname=orders', '--quiet', '-At'], text);
    const sum = () => sql("SELECT md5(string_agg(o::text, '|' ORDER BY n)) FROM orders AS o");
    await sql('CREATE TABLE orders AS SELECT n, md5(n::text) AS what FROM generate_series(1, 5000) AS n');
    const was = await sum();
    const login = { RESTIC_REST_USERNAME: restLogin.user, RESTIC_REST_PASSWORD: restLogin.password };
    const container = `docker/edge/container/${database.name}`;
    await serve({ location, env: login }, { name: 'orders', postgres: { container, database: 'orders' } });

    const { code, out, err } = await cli('backup', 'orders');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^begun: b_[0-9a-f]{16}\nb_[0-9a-f]{16} {2}orders to main: verified\n/);
    expect(out).toMatch(/ {2}snapshot [0-9a-f]{8}, \d+ KB, 1 tables, 5000 rows\n/);
    expect(readdirSync(join(at, 'shop/snapshots')).length).toBeGreaterThan(0);
    await sql('DROP TABLE orders');
    expect(await cli('restore', 'orders', '--yes')).toMatchObject({ code: 0, err: '' });
    expect(await sum()).toBe(was);
  });

  it('of what does not end as it should is no recovery point, and the one before it stays', async () => {
    await serve();
    const good = cli('backup', 'switch');
    await say('hostname one\nend\n');
    expect((await good).code).toBe(0);
    const before = (await source('switch'))?.newest?.snapshot;
    const bad = cli('backup', 'switch');
    await say('hostname one\n--More--');
    const { code, out } = await bad;
    expect(code).toBe(1);
    expect(out).toContain('its output does not end with "end"');
    expect((await source('switch'))?.newest?.snapshot).toBe(before);
    expect(snapshots()).toHaveLength(2);
  });

  it('of a source that is not there names those that are', async () => {
    await serve();
    expect(await cli('backup', 'orders')).toEqual({
      code: 2,
      out: '',
      err: 'there is no source orders; there are files, switch\n',
    });
  });

  it('to a repository that was moved away says so, and makes no other', async () => {
    await serve();
    const first = cli('backup', 'switch');
    await say('one\nend\n');
    await first;
    renameSync(repository(), `${repository()}-away`);
    const { code, out } = await cli('backup', 'switch');
    expect(code).toBe(1);
    expect(out).toContain('was used before, and is not made again by itself (is the disk mounted?)');
    expect(readdirSync(folder)).not.toContain('repository');
  });
});

describe('a backup whose process', () => {
  it.each(['killed', 'stopped'] as const)('was %s goes on from its beginning, once', async (how) => {
    await serve();
    const asked = cli('backup', 'switch');
    const pipe = await open(fifo(), 'w');
    await pipe.write('hostname one\n');
    await expect.poll(async () => (await source('switch'))?.running).toHaveLength(1);
    const [id = ''] = (await source('switch'))?.running ?? [];
    if (how === 'killed') await paramedic.kill();
    else await paramedic.halt();
    await pipe.close();

    await paramedic.restart();
    await say('hostname one\nend\n');
    await expect
      .poll(() => api(`backups/${id}`), { timeout: 150_000, interval: 500 })
      .toMatchObject({ id, state: 'ended', result: 'verified' });
    expect(snapshots().filter(({ tags }) => tags.includes('paramedic-data'))).toHaveLength(1);
    // Who had asked for it has waited all the while.
    expect(await asked).toMatchObject({ code: 0, out: expect.stringContaining(`${id}  switch to main: verified`) });
  });
});

/** Whoever reads the pipe reads this, and its end; it waits for him. */
async function say(text: string): Promise<void> {
  const pipe = await open(fifo(), 'w');
  await pipe.write(text);
  await pipe.close();
}

function sumOf(path: string): string {
  const sum = createHash('sha256');
  for (const name of readdirSync(path).toSorted()) sum.update(name).update(readFileSync(join(path, name)));
  return sum.digest('hex');
}
