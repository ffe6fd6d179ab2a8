import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type Docker from 'dockerode';
import { createDockerClient } from '../../src/clients/docker.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { createDockerWatch } from '../../src/known-good/docker/watch.ts';
import { dockerMemory, type DockerMemory } from '../fakes/docker-memory.ts';
import { testContainers, type Containers } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';

const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];
let containers: Containers;
let docker: Docker;
let memory: DockerMemory;
let stop: () => Promise<void>;

beforeEach(async () => {
  containers = await testContainers();
  ({ docker } = containers);
  memory = dockerMemory();
  const client = await createDockerClient({ name: 'edge-1', host: dockerSocket(), instances: [] });
  const over = new AbortController();
  const errors: unknown[] = [];
  // No second look within a test: what is seen is seen by an event.
  const options = { clock: realClock, resyncMs: 600_000, onError: (error: unknown) => errors.push(error) };
  const running = createDockerWatch(client, options).run(memory, over.signal);
  stop = async () => {
    over.abort();
    await running;
    expect(errors).toEqual([]);
  };
  await memory.until(() => memory.state() === '');
});
afterEach(async () => {
  await stop();
  await containers.removeAll();
  const networks = await docker.listNetworks();
  const left = networks.filter(({ Name }) => Name.startsWith(containers.prefix));
  await Promise.all(left.map(({ Id }) => docker.getNetwork(Id).remove()));
});

const key = (kind: string, name: string): string => `docker/edge-1/${kind}/${containers.prefix}-${name}`;
const isThere = (of: string): boolean => {
  const history = memory.history(of);
  return history !== undefined && history.goneAt === undefined;
};

describe('the watch of an engine sees', () => {
  it('a container with its networks, volumes and neighbours', async () => {
    const back = `${containers.prefix}-back`;
    await docker.createNetwork({ Name: back, Internal: true });
    const compose = (service: string) => ({
      'com.docker.compose.project': containers.prefix,
      'com.docker.compose.service': service,
    });
    await containers.run('db', forever, { labels: compose('db') });
    await containers.run('web', forever, {
      labels: { ...compose('web'), 'com.docker.compose.depends_on': 'db:service_started:false' },
      create: { HostConfig: { NetworkMode: back, Binds: [`${containers.prefix}-data:/data`] } },
    });
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    expect(memory.graphOf(key('container', 'web'))).toEqual([
      { key: key('container', 'web'), distance: 0, why: 'itself' },
      { key: key('network', 'back'), distance: 1, why: 'its network' },
      { key: key('volume', 'data'), distance: 1, why: 'its volume at /data' },
      { key: key('container', 'db'), distance: 2, why: 'depends_on of Compose' },
    ]);
    await memory.until(() => isThere(key('network', 'back')) && isThere(key('volume', 'data')));
  });

  it('that it was taken out of a network', async () => {
    const back = `${containers.prefix}-back`;
    await docker.createNetwork({ Name: back });
    const { id } = await containers.run('web', forever, { create: { HostConfig: { NetworkMode: back } } });
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    const before = memory.history(key('container', 'web'))?.versions[0]?.hash;
    await docker.getNetwork(back).disconnect({ Container: id });
    await memory.until(() => memory.history(key('container', 'web'))?.versions[0]?.hash !== before);
  });

  it('that its limits were changed, who nobody knows', async () => {
    const { id } = await containers.run('web', forever);
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    await docker.getContainer(id).update({ Memory: 64 * 2 ** 20, MemorySwap: 64 * 2 ** 20 });
    await memory.until(() => memory.history(key('container', 'web'))?.versions.length === 2);
    expect(memory.history(key('container', 'web'))?.versions[0]).toMatchObject({ by: '', uid: id });
  });

  it('that its health check fails, and passes again', async () => {
    const web = await containers.web('web');
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    await web.hang();
    await memory.until(() => memory.wellSince(key('container', 'web')) === undefined);
    await web.heal();
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
  });

  it('that it went, and that another one has its name', async () => {
    const { id } = await containers.run('web', forever);
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    await docker.getContainer(id).remove({ force: true });
    await memory.until(() => !isThere(key('container', 'web')));
    expect(memory.wellSince(key('container', 'web'))).toBeUndefined();
    await containers.run('web', ['sh', '-c', 'sleep 600']);
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    expect(memory.history(key('container', 'web'))).toMatchObject({ versions: [{}, { uid: id }] });
    expect(isThere(key('container', 'web'))).toBe(true);
  });

  it('its new name, and nothing of one that is set aside or was run by hand', async () => {
    const { id } = await containers.run('web', forever);
    await memory.until(() => memory.wellSince(key('container', 'web')) !== undefined);
    await docker.getContainer(id).rename({ name: `${containers.prefix}-shop` });
    await memory.until(() => memory.wellSince(key('container', 'shop')) !== undefined);
    expect(isThere(key('container', 'web'))).toBe(false);
    const aside = `shop-paramedic-old-${id.slice(0, 12)}`;
    await docker.getContainer(id).rename({ name: `${containers.prefix}-${aside}` });
    await memory.until(() => !isThere(key('container', 'shop')));
    await containers.run('once', forever, { labels: { 'com.docker.compose.oneoff': 'True' } });
    await containers.run('last', forever);
    await memory.until(() => isThere(key('container', 'last')));
    expect(memory.history(key('container', aside))).toBeUndefined();
    expect(memory.history(key('container', 'once'))).toBeUndefined();
  });
});
