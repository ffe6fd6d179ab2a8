import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeDockerEngine, type FakeEngine } from '../../test/fakes/docker-engine.ts';
import { createDockerClient } from '../clients/docker.ts';
import type { DockerClient } from '../domain/clients.ts';
import type { ChangedPath } from '../domain/docker-objects.ts';
import { inspected } from './inspected.ts';
import { writtenBy, writtenPaths } from './written.ts';

const container = inspected.parse({
  Id: 'f'.repeat(64),
  Name: '/web',
  Image: 'sha256:1',
  Config: { Image: 'app:1' },
  HostConfig: { Tmpfs: { '/scratch/': 'size=1m' } },
  Mounts: [{ Type: 'volume', Name: 'data', Source: '/var/lib/docker/volumes/data/_data', Destination: '/srv/data' }],
});
const as =
  (kind: ChangedPath['kind']) =>
  (path: string): ChangedPath => ({ path, kind });
const changed = (...paths: readonly string[]): ChangedPath[] => paths.map(as('changed'));
const added = (...paths: readonly string[]): ChangedPath[] => paths.map(as('added'));

describe('what a container has written', () => {
  it.each<[string, readonly ChangedPath[], readonly string[]]>([
    ['a file that is new', [...changed('/app'), ...added('/app/data.db')], ['/app/data.db']],
    ['a file of its image', changed('/etc', '/etc/app.conf'), ['/etc/app.conf']],
    ['files in a new directory', added('/up', '/up/a', '/up/b'), ['/up/a', '/up/b']],
    ['a directory with nothing in it', added('/up'), ['/up']],
    ['no file that was deleted', [...changed('/app'), as('deleted')('/app/x')], []],
    ['none that is made again', [...changed('/var', '/var/log', '/run'), ...added('/var/log/a', '/run/a/b')], []],
    ['one whose name only begins so', added('/tmpdata', '/running/x'), ['/tmpdata', '/running/x']],
    ['no place of a mount', [...changed('/srv'), ...added('/srv/data', '/scratch')], []],
    ['nothing below a mount', added('/srv', '/srv/data', '/srv/data/x', '/scratch/x'), []],
    ['a neighbour of a mount', added('/srv', '/srv/data', '/srv/data.db'), ['/srv/data.db']],
    ['no file of the engine', [...changed('/etc'), ...added('/etc/mtab', '/etc/hosts')], []],
    ['nothing', [], []],
  ])('is %s', (_what, changes, paths) => {
    expect(writtenPaths(changes, container)).toEqual(paths);
  });
});

describe('an engine is asked', () => {
  let engine: FakeEngine;
  let client: DockerClient;
  beforeEach(async () => {
    engine = await fakeDockerEngine();
    client = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
  });
  afterEach(() => engine.close());
  const web = (): string => engine.add({ name: 'web' }).id;

  it('and tells of the first path, and of how many more', async () => {
    const id = web();
    engine.changes(id, [
      { Path: '/app', Kind: 0 },
      { Path: '/app/data.db', Kind: 1 },
      { Path: '/app/data.db-wal', Kind: 1 },
    ]);
    expect(await writtenBy(client, id)).toEqual({ first: '/app/data.db', more: 1 });
  });

  it('and tells of nothing where nothing was written, or it is gone', async () => {
    expect(await writtenBy(client, web())).toBeUndefined();
    expect(await writtenBy(client, 'e'.repeat(64))).toBeUndefined();
  });

  it.each([
    ['a proxy forbids it', { status: 403, body: '{"message":"no"}' }, 'HTTP 403: no'],
    ['it answers something else', { status: 200, body: '[{"Path":7}]' }, 'is it one?'],
    ['it tells too much', { status: 200, body: ' '.repeat(9 * 2 ** 20) }, 'is more than 8 MiB'],
    ['it breaks off', 'truncate', ''],
  ] as const)('and that it does not tell is an answer: %s', async (_when, fault, why) => {
    const id = web();
    engine.fail(/\/changes$/, fault);
    expect(await writtenBy(client, id)).toEqual({ unknown: expect.stringContaining(why) });
  });

  it('but not when it is asked no more', async () => {
    const id = web();
    engine.fail(/\/changes$/, 'hang');
    await expect(writtenBy(client, id, AbortSignal.abort())).rejects.toMatchObject({ reason: 'aborted' });
  });
});
