import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClients } from '../../src/clients/clients.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { container } from '../../src/targets/container/container.ts';
import { type Containers, testContainers } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { freePort } from '../harness/process.ts';

let containers: Containers;
beforeEach(async () => {
  containers = await testContainers();
});
afterEach(() => containers.removeAll());

const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];

/** What a configuration with this `redis.url` makes of the container of that name. */
async function answer(name: string, url: string): Promise<string> {
  const text = `redis: {url: '${url}'}\ndocker: [{name: local, socket: ${dockerSocket()}}]`;
  const clients = await createClients(
    parseConfig(text, { file: 'c.yml', env: {}, readFile: () => '', exists: () => false }),
  );
  const candidate = { kind: 'container', platform: 'local', by: { name }, phrase: 'it' };
  const found = await container.confirm(candidate, clients);
  return 'ok' in found ? found.reason : found.kind;
}
const refused = "it is never acted on: Paramedic's own Redis runs in it (redis.url)";

it('a container that publishes the port of redis.url on this machine is never acted on, not even while it is down', async () => {
  const port = await freePort();
  const redis = await containers.run('cache', forever, {
    create: {
      ExposedPorts: { '6379/tcp': {} },
      HostConfig: {
        NetworkMode: 'bridge',
        PortBindings: { '6379/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] },
      },
    },
  });
  const web = await containers.run('web', forever);
  const url = `redis://127.0.0.1:${port}`;
  expect(await answer(redis.name, url)).toBe(refused);
  expect(await answer(redis.name, `redis://localhost:${port}`)).toBe(refused);
  expect(await answer(redis.name, 'redis://127.0.0.1:1')).toBe('container');
  expect(await answer(redis.name, `redis://192.0.2.1:${port}`)).toBe('container');
  expect(await answer(web.name, url)).toBe('container');
  await redis.kill();
  await redis.until('exited');
  expect(await answer(redis.name, url)).toBe(refused);
});

it("one in the machine's own network is known by the port that it exposes", async () => {
  const { docker, prefix } = containers;
  const redis = await docker.createContainer({
    name: `${prefix}-cache`,
    // Not started: an engine that has ever run one such does not let go of its folder when it ends.
    Image: 'paramedic-test/busybox:1',
    Cmd: forever,
    ExposedPorts: { '6379/tcp': {} },
    HostConfig: { NetworkMode: 'host' },
  });
  try {
    expect(await answer(`${prefix}-cache`, 'redis://127.0.0.1')).toBe(refused);
    expect(await answer(`${prefix}-cache`, 'redis://127.0.0.1:6380')).toBe('container');
  } finally {
    await redis.remove();
  }
});

it('one in a network of its own is known by its name, its alias and its address', async () => {
  const { docker, prefix } = containers;
  const network = await docker.createNetwork({ Name: `${prefix}-net` });
  try {
    const redis = await containers.run('cache', forever, {
      create: {
        HostConfig: { NetworkMode: `${prefix}-net` },
        NetworkingConfig: { EndpointsConfig: { [`${prefix}-net`]: { Aliases: ['redis'] } } },
      },
    });
    const address = (await redis.inspect()).NetworkSettings.Networks[`${prefix}-net`]?.IPAddress ?? '';
    for (const host of ['redis', redis.name, address])
      expect([host, await answer(redis.name, `redis://${host}`)]).toEqual([host, refused]);
    expect(await answer(redis.name, 'redis://redis-2')).toBe('container');
  } finally {
    await containers.removeAll();
    await network.remove();
  }
});
