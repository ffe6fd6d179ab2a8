import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observeWaysBack } from '../../src/actions/rollback/container-back.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { DockerClient } from '../../src/domain/clients.ts';
import { fileKey } from '../../src/domain/object-key.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { createDockerWatch } from '../../src/known-good/docker/watch.ts';
import { dockerMemory, type DockerMemory } from '../fakes/docker-memory.ts';
import { testContainers, type Containers, type TestContainer } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';

const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let containers: Containers;
let client: DockerClient;
/** On the host, mounted into the container at /etc/app.conf. */
let folder: string;
let conf: string;
/** The same, and the container may write it. */
let state: string;
let web: TestContainer;

beforeEach(async () => {
  containers = await testContainers();
  client = await createDockerClient({ name: 'edge-1', host: dockerSocket(), instances: [] });
  folder = await mkdtemp(join(tmpdir(), 'paramedic-mounted-'));
  conf = join(folder, 'app.conf');
  await writeFile(conf, 'color=green\n');
  state = join(folder, 'state.db');
  await writeFile(state, '0');
  const Binds = [`${conf}:/etc/app.conf:ro`, `${folder}:/srv/all:ro`, `${state}:/srv/state.db`];
  web = await containers.run('web', forever, { create: { HostConfig: { Binds } } });
});
afterEach(async () => {
  await containers.removeAll();
  await rm(folder, { recursive: true, force: true });
});

describe('the watch of an engine, where files are to be looked at,', () => {
  let memory: DockerMemory;
  let stop: () => Promise<void>;
  const watch = (bindMountedFiles: boolean): void => {
    memory = dockerMemory();
    const over = new AbortController();
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const options = { clock: realClock, resyncMs: 200, bindMountedFiles, onError };
    const running = createDockerWatch(client, options).run(memory, over.signal);
    stop = async () => {
      over.abort();
      await running;
      expect(errors).toEqual([]);
    };
  };
  afterEach(() => stop());
  const key = () => fileKey('docker/edge-1', web.name, '/etc/app.conf');
  const container = () => `docker/edge-1/container/${web.name}`;
  const files = () => memory.graphOf(container())?.filter((one) => one.key.includes('/file/'));
  const versions = () => memory.history(key())?.versions ?? [];
  const held = () => memory.contentsByKey.get(`${key()} ${versions()[0]?.hash}`);

  it('sees those that are mounted one by one, and that the container depends on them', async () => {
    watch(true);
    await memory.until(() => files() !== undefined);
    expect(files()).toEqual([{ key: key(), distance: 1, why: 'a file of the host that is mounted into it' }]);
    expect(held()).toEqual({ sha256: sha256('color=green\n'), size: 12 });
  });

  it('sees that one was changed, and when, also while the container does not run', async () => {
    watch(true);
    await memory.until(() => versions().length === 1);
    expect(versions()[0]?.at).toBe((await stat(conf)).mtimeMs);
    const before = Date.now();
    await writeFile(conf, 'color=red\n');
    // A copy with an old time is a change of now.
    await utimes(conf, 1_000_000_000, 1_000_000_000);
    await memory.until(() => versions().length === 2);
    expect(held()).toMatchObject({ sha256: sha256('color=red\n') });
    expect(versions()[0]?.at).toBeGreaterThanOrEqual(before);
    await containers.docker.getContainer(web.id).stop();
    await writeFile(conf, 'color=blue\n');
    await memory.until(() => versions().length === 3);
    expect(held()).toMatchObject({ sha256: sha256('color=blue\n') });
  });

  it('does not touch the host: where one is gone nothing is made, and it is told of as it was', async () => {
    watch(true);
    await memory.until(() => versions().length === 1);
    await rm(conf);
    const rounds = memory.rounds();
    await memory.until(() => memory.rounds() > rounds + 2);
    expect(await readdir(folder)).toEqual(['state.db']);
    expect(memory.history(key())?.goneAt).toBeUndefined();
    await writeFile(conf, 'color=red\n');
    await memory.until(() => versions().length === 2);
  });

  it('notes of a large one that it is there', async () => {
    await writeFile(conf, Buffer.alloc(1_048_577, 'x'));
    watch(true);
    await memory.until(() => versions().length === 1);
    expect(held()).toEqual({ sha256: '', size: 1_048_577 });
    await writeFile(conf, Buffer.alloc(2_000_000, 'y'));
    const rounds = memory.rounds();
    await memory.until(() => memory.rounds() > rounds + 1);
    expect(versions()).toHaveLength(1);
  });

  it('says that one was changed, where nothing else was that could be put back', async () => {
    watch(true);
    await memory.until(() => versions().length === 1);
    memory.stamp(container());
    await writeFile(conf, 'color=red\n');
    await memory.until(() => versions().length === 2);
    const clients = { docker: new Map([['edge-1', client]]), kubernetes: new Map(), knownGood: memory };
    const target = { kind: 'container', key: container(), uid: web.id };
    expect(await observeWaysBack(target, clients, Date.now())).toEqual({
      nothing: expect.stringMatching(
        /^it is made as it was when it was healthy, and so are its networks, but file \S+-web:\/etc\/app\.conf was changed at \S+Z: what is in a file of the host is for a human to put back$/,
      ),
    });
  });

  it('and where they are not, it looks at none', async () => {
    watch(false);
    await memory.until(() => memory.wellSince(container()) !== undefined);
    expect(files()).toEqual([]);
    expect(versions()).toEqual([]);
  });
});
