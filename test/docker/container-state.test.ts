import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDockerClient } from '../../src/clients/docker.ts';
import { watchContainers } from '../../src/telemetry/container-state.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { testContainers, type Containers } from '../harness/containers.ts';

let containers: Containers;
let registry: Registry;
let stop: () => Promise<void>;
const errors: unknown[] = [];

beforeEach(async () => {
  containers = await testContainers();
  registry = new Registry();
  const controller = new AbortController();
  const client = await createDockerClient({ name: 'local', host: dockerSocket(), instances: [] });
  // Too long for a resync to help: whatever shows has come by events.
  const watched = watchContainers(new Map([['local', client]]), registry, {
    resyncMs: 3_600_000,
    signal: controller.signal,
    onError: (_engine, error) => errors.push(error),
  });
  stop = () => {
    controller.abort();
    return watched;
  };
});
afterEach(async () => {
  await stop();
  await containers.removeAll();
});

const shows = (name: string, pattern: RegExp): Promise<void> =>
  vi.waitFor(
    async () => {
      const lines = (await registry.metrics()).split('\n').filter((line) => line.includes(`name="${name}"`));
      expect(lines.filter((line) => pattern.test(line))).toHaveLength(1);
    },
    { timeout: 30_000, interval: 50 },
  );

it('what becomes of a real container shows on /metrics by its events, until it is removed', async () => {
  const web = await containers.web('web');
  const { name } = web;
  await shows(name, /_state\{.*state="running"\} 1/);
  await shows(name, /_health\{.*health="healthy"\} 1/);
  await web.hang();
  await shows(name, /_health\{.*health="unhealthy"\} 1/);
  await containers.docker.getContainer(web.id).pause();
  await shows(name, /_state\{.*state="paused"\} 1/);
  await containers.docker.getContainer(web.id).unpause();
  await web.kill();
  await shows(name, /_state\{.*state="exited"\} 1/);
  await shows(name, /_exit_code\{.*\} 137/);
  await containers.removeAll();
  await vi.waitFor(async () => expect(await registry.metrics()).not.toContain(name), 30_000);
  expect(await registry.metrics()).toContain('paramedic_engine_up{engine="local"} 1');
  expect(errors).toEqual([]);
});
