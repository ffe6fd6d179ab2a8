import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createDockerClient } from '../../../clients/docker.ts';
import { hostFiles } from '../../../clients/host-file.ts';
import type { DockerClient } from '../../../domain/clients.ts';
import { readEngine, type EngineRead } from './read-engine.ts';

/** What an engine answers, by path; a path that is in none is 404, and one that is `silent` has no answer at all. */
let answers: Map<string, unknown>;
const silent = Symbol('silent');
let asked: string[];
let server: Server;
let docker: DockerClient;

beforeEach(async () => {
  asked = [];
  answers = new Map<string, unknown>([
    ['/networks', []],
    ['/volumes', { Volumes: [] }],
    ['/info', {}],
    ['/containers/json', []],
  ]);
  server = createServer((req, res) => {
    const path = decodeURIComponent((req.url ?? '').replace(/\?.*/, ''));
    if (path.startsWith('/distribution/')) asked.push(path.slice('/distribution/'.length, -'/json'.length));
    const answer = answers.get(path);
    if (answer === silent) return;
    res.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(answer ?? { message: 'there is none' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  docker = await createDockerClient({ name: 'edge', host: `tcp://127.0.0.1:${port}`, instances: [] });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** What it mounts of its host: `/srv/web.conf`, or `/srv/web.conf:ro`. */
const bind = (mounted: string): object => {
  const [Source, mode] = mounted.split(':');
  return { Type: 'bind', Source, Destination: Source, RW: mode !== 'ro' };
};
/** A container of an image that has those digests. */
function add(
  name: string,
  digests: readonly string[],
  status = 'running',
  image = name,
  binds: readonly string[] = [],
): void {
  const id = name.padEnd(64, '0');
  const imageId = `sha256:${image}`;
  const listed = answers.get('/containers/json');
  answers.set('/containers/json', [...(Array.isArray(listed) ? listed : []), { Id: id, Names: [`/${name}`] }]);
  answers.set(`/containers/${id}/json`, {
    Id: id,
    Name: `/${name}`,
    Image: imageId,
    Config: { Image: `${image}:1` },
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: { bridge: {} } },
    State: { Status: status },
    Mounts: binds.map(bind),
  });
  for (const reference of [imageId, `${image}:1`])
    answers.set(`/images/${reference}/json`, { Id: imageId, RepoDigests: digests });
}
const serve = (...digests: readonly string[]): void =>
  digests.forEach((digest) => answers.set(`/distribution/${digest}/json`, { Descriptor: {} }));
const read = (allImages = false, askMs?: number): Promise<EngineRead> =>
  readEngine(docker, { isMeant: () => true, allImages, ...(askMs !== undefined && { askMs }) }, never);
const never = new AbortController().signal;
const imagesOf = async (reading: Promise<EngineRead>) =>
  (await reading).bundle.images.map(({ reference, digests, isSaved }) => ({ reference, digests, isSaved }));

describe('the bytes of an image', () => {
  it('are saved when no registry serves it, also where the engine has a digest for each image', async () => {
    add('built', ['built@sha256:1']);
    add('pulled', ['pulled@sha256:2']);
    add('imported', []);
    serve('pulled@sha256:2');
    expect(await imagesOf(read())).toEqual([
      { reference: 'built:1', digests: ['built@sha256:1'], isSaved: true },
      { reference: 'imported:1', digests: [], isSaved: true },
      { reference: 'pulled:1', digests: ['pulled@sha256:2'], isSaved: false },
    ]);
    expect((await read()).notes.filter((note) => note.includes('registry'))).toEqual([
      'the bytes of image built:1 are in it: no registry served it to the engine when it was asked without credentials',
    ]);
  });

  it('are not, where another of its names is served, by which it is pulled then; each image is asked for once', async () => {
    add('one', ['mine@sha256:1', 'registry/base@sha256:1'], 'running', 'base');
    add('other', ['mine@sha256:1', 'registry/base@sha256:1'], 'running', 'base');
    serve('registry/base@sha256:1');
    expect(await imagesOf(read())).toEqual([
      { reference: 'base:1', digests: ['registry/base@sha256:1', 'mine@sha256:1'], isSaved: false },
    ]);
    expect(asked).toEqual(['mine@sha256:1', 'registry/base@sha256:1']);
  });

  it('are saved of all that no answer came for in time', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      add(name, [`${name}@sha256:1`]);
      answers.set(`/distribution/${name}@sha256:1/json`, silent);
    }
    const { bundle, notes } = await read(false, 50);
    expect(bundle.images.map(({ isSaved }) => isSaved)).toEqual(Array(6).fill(true));
    expect(notes).toContain(
      'the bytes of images a:1, b:1, c:1, d:1, e:1 and 1 more are in it: no registry served them to the engine when it was asked without credentials',
    );
  });

  it('are saved without asking anybody where that is set', async () => {
    add('pulled', ['pulled@sha256:2']);
    serve('pulled@sha256:2');
    expect(await imagesOf(read(true))).toMatchObject([{ isSaved: true }]);
    expect(asked).toEqual([]);
  });

  it('are not read by anybody who breaks it off', async () => {
    add('built', ['built@sha256:1']);
    answers.set('/distribution/built@sha256:1/json', silent);
    const over = new AbortController();
    server.on('request', ({ url }) => url?.startsWith('/distribution/') && over.abort());
    const reading = readEngine(docker, { isMeant: () => true, allImages: false }, over.signal);
    await expect(reading).rejects.toMatchObject({ reason: 'aborted' });
  });
});

it('a container is started again unless it had ended: one that was paused, or between two of its starts, was meant to run', async () => {
  for (const status of ['running', 'restarting', 'paused', 'exited', 'created', 'dead']) add(status, [], status, 'app');
  const { bundle } = await read();
  expect(bundle.containers.filter(({ ran }) => ran).map(({ name }) => name)).toEqual([
    'paused',
    'restarting',
    'running',
  ]);
});

describe('files of the host that containers mount', () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'paramedic-read-engine-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(path('data'));
    writeFileSync(path('web.conf'), 'server {}\n', { mode: 0o640 });
    writeFileSync(path('read.conf'), 'one\n');
    writeFileSync(path('large'), Buffer.alloc(1024 * 1024 + 1));
    // Nobody can read it, whoever runs this: a link to itself.
    symlinkSync(path('loop'), path('loop'));
    const binds = ['loop', 'web.conf', 'read.conf:ro', 'large', 'data', 'gone'].map(path);
    add('web', [], 'running', 'web', binds);
  });

  it('are kept, also those that it may write to; what is larger, or not to be seen, is told', async () => {
    // Its folder is there: the engine has the files that we have.
    answers.set('/info', { DockerRootDir: folder });
    const { bundle, files, notes } = await readEngine(
      { ...docker, hostFile: hostFiles() },
      { isMeant: () => true, allImages: false },
      never,
    );
    expect(bundle.files.map((file) => file.path)).toEqual([path('read.conf'), path('web.conf')]);
    expect(bundle.files[1]).toMatchObject({ mode: 0o640, uid: process.getuid?.() });
    expect(files.map(String)).toEqual(['one\n', 'server {}\n']);
    expect(notes).toEqual([
      `what containers mount of the host and is not to be seen from here is not in it, because it is not there under that path: ${path('gone')}`,
      `files of the host of more than 1 MiB are data, and not in it: ${path('large')}`,
      expect.stringMatching(
        /^what containers may write to on the host and could not be read is not in it: .*loop \(.*ELOOP/,
      ),
    ]);
  });

  it('that they only read and that can not be read make it fail', async () => {
    answers.set('/info', { DockerRootDir: folder });
    add('other', [], 'running', 'other', [`${path('loop')}:ro`]);
    const reading = readEngine(
      { ...docker, hostFile: hostFiles() },
      { isMeant: (name) => name === 'other', allImages: false },
      never,
    );
    await expect(reading).rejects.toThrow(`${path('loop')} can not be read`);
  });

  it('of an engine on another machine are told', async () => {
    const { bundle, notes } = await read();
    expect(bundle.files).toEqual([]);
    expect(notes).toEqual([
      `what containers mount of the host and is not to be seen from here is not in it, because the engine is on another machine: ${['read.conf', 'data', 'gone', 'large', 'loop'].map(path).join(', ')} and 1 more`,
    ]);
  });
});
