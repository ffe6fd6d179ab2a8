import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isPaths } from '../../src/backups/source-kind.ts';
import { dockerContainers } from '../../src/backups/sources/docker-containers/docker-containers.ts';
import { type OpenedBundle, openBundle } from '../../src/backups/sources/docker-containers/open-bundle.ts';
import { besideVolume } from '../../src/backups/sources/docker-volume/beside-volume.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { Clients, DockerClient } from '../../src/domain/clients.ts';
import { type Containers, testContainers } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';

let containers: Containers;
let docker: DockerClient;
let clients: Clients;
const signal = new AbortController().signal;
const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];
const named = (...names: readonly string[]): string[] => names.map((name) => `${containers.prefix}-${name}`);

beforeEach(async () => {
  containers = await testContainers();
  docker = await createDockerClient({ name: 'edge', host: dockerSocket(), instances: [] });
  clients = { docker: new Map([['edge', docker]]), kubernetes: new Map() };
});
afterEach(() => containers.removeAll());

async function read(...names: readonly string[]): Promise<Pick<OpenedBundle, 'bundle'> & { readonly all: Buffer }> {
  const produced = await dockerContainers.open({ engine: 'docker/edge', containers: names }, clients, signal, 60_000);
  if (isPaths(produced)) throw new Error('it is no stream');
  const all = await buffer(produced.stream);
  expect(await produced.whole({ bytes: all.byteLength }, all.subarray(-65_536))).toMatchObject({ ok: true });
  const { bundle, images } = await openBundle(Readable.from([all]));
  await images.return();
  return { bundle, all };
}

it('containers come with those that they need, whether they run, and no others; one that reads a volume is none', async () => {
  const volume = `${containers.prefix}-data`;
  const mounts = [{ Type: 'volume' as const, Source: volume, Target: '/data' }];
  const vpn = await containers.run('vpn', forever, { create: { HostConfig: { Mounts: mounts } } });
  await containers.run('web', forever, { create: { HostConfig: { NetworkMode: `container:${vpn.id}` } } });
  const job = await containers.run('job', ['true']);
  await job.until('exited');
  await containers.run('other', forever);
  const reader = await besideVolume(docker, volume, { isReadOnly: true }, signal);
  try {
    const { bundle, all } = await read(...named('w*', 'job'), 'paramedic-volume-*');
    expect(bundle.containers.map(({ name, ran, dependsOn }) => ({ name, ran, dependsOn }))).toEqual([
      { name: named('job')[0], ran: false, dependsOn: [] },
      { name: named('vpn')[0], ran: true, dependsOn: [] },
      { name: named('web')[0], ran: true, dependsOn: named('vpn') },
    ]);
    expect(bundle.volumes.map(({ name }) => name)).toEqual([volume]);
    expect(bundle.images).toEqual([
      { id: expect.stringMatching(/^sha256:/), reference: 'paramedic-test/busybox:1', digests: [], isSaved: true },
    ]);
    expect(await dockerContainers.examine(Readable.from([all]), { engine: 'docker/edge' })).toEqual({
      shape: { bytes: all.byteLength, counts: { containers: 3, networks: 0, volumes: 1, images: 1, mounts: 0 } },
    });
  } finally {
    await reader.remove();
    await containers.removeAll();
    await containers.docker.getVolume(volume).remove();
  }
});

it('a container whose network is another one’s that is gone can not be made again, and that is said', async () => {
  const vpn = await containers.run('vpn', forever);
  await containers.run('web', forever, { create: { HostConfig: { NetworkMode: `container:${vpn.id}` } } });
  await containers.docker.getContainer(vpn.id).remove({ force: true });
  const asked = { engine: 'docker/edge', containers: named('web') };
  const produced = await dockerContainers.open(asked, clients, signal, 60_000);
  if (isPaths(produced)) throw new Error('it is no stream');
  const all = await buffer(produced.stream);
  expect(await produced.whole({ bytes: all.byteLength }, all.subarray(-65_536))).toEqual({
    ok: false,
    reason: `container ${named('web')[0]} could not be made again: it depends on container ${vpn.id}, which is not there`,
  });
});
