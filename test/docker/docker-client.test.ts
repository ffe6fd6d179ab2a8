import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { DockerClient } from '../../src/domain/clients.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { testContainers, type Containers } from '../harness/containers.ts';
import { watchEvents } from '../harness/docker-events.ts';

let containers: Containers;
let client: DockerClient;
const signal = new AbortController().signal;
const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];

beforeEach(async () => {
  containers = await testContainers();
  client = await createDockerClient({ name: 'local', host: dockerSocket(), instances: [] });
});
afterEach(() => containers.removeAll());

const seen = async (id: string) => {
  const state = await client.inspect(id);
  if (state === undefined) throw new Error(`there is no container ${id}`);
  return state;
};

describe('a real engine', () => {
  it('answers', async () => {
    await expect(client.ping()).resolves.toBeUndefined();
  });

  it('tells a running container in full', async () => {
    const { id, name } = await containers.run('web', forever, {
      labels: { team: 'shop', 'com.docker.compose.service': 'web' },
      stopTimeoutS: 3,
      create: { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } },
    });
    const state = await seen(name);
    expect(state).toMatchObject({
      id,
      name,
      image: 'paramedic-test/busybox:1',
      status: 'running',
      exitCode: 0,
      oomKilled: false,
      finishedAt: 0,
      restartCount: 0,
      restartPolicy: 'on-failure',
      stopTimeoutS: 3,
      labels: { 'com.docker.compose.service': 'web' },
      error: '',
    });
    expect('health' in state).toBe(false);
    expect(Math.abs(state.startedAt - Date.now())).toBeLessThan(60_000);
    expect(await client.list()).toContainEqual({
      id,
      name,
      labels: { team: 'shop', 'com.docker.compose.service': 'web' },
    });
  });

  it('tells that it has no such container', async () => {
    expect(await client.inspect(`${containers.prefix}-none`)).toBeUndefined();
  });

  it('tells how one ended, and lists it still', async () => {
    const job = await containers.run('job', ['sh', '-c', 'exit 7']);
    const { id } = job;
    await job.until('exited');
    const state = await seen(id);
    expect(state).toMatchObject({ status: 'exited', exitCode: 7 });
    expect(Math.abs(state.finishedAt - state.startedAt)).toBeLessThan(10_000);
    expect((await client.list()).map((one) => one.id)).toContain(id);
  });

  it('tells what a health check says', async () => {
    const web = await containers.web('web');
    await web.until('running', 'healthy');
    expect((await seen(web.id)).health).toBe('healthy');
    await web.hang();
    await web.until('running', 'unhealthy');
    expect((await seen(web.id)).health).toBe('unhealthy');
  });

  it('starts what is down, and takes a second start for success', async () => {
    const web = await containers.run('web', forever);
    const { id } = web;
    await web.kill();
    await web.until('exited');
    await client.start(id, signal);
    const { startedAt } = await seen(id);
    await client.start(id, signal);
    expect(await seen(id)).toMatchObject({ status: 'running', startedAt });
  });

  it('restarts with the given stop timeout', async () => {
    const { id } = await containers.stubborn('stubborn');
    const before = await seen(id);
    await client.restart(id, 0, signal);
    const after = await seen(id);
    expect(after.status).toBe('running');
    expect(after.startedAt).toBeGreaterThan(before.startedAt);
  });

  it('unpauses, and takes a second unpause for success', async () => {
    const { id } = await containers.run('web', forever);
    await containers.docker.getContainer(id).pause();
    expect((await seen(id)).status).toBe('paused');
    await client.unpause(id, signal);
    await client.unpause(id, signal);
    expect((await seen(id)).status).toBe('running');
  });

  it('refuses with a reason what it does not have and what it can not do', async () => {
    const none = 'f'.repeat(64);
    const gone = { name: 'ActionError', reason: 'not-found', retryable: false };
    await expect(client.start(none, signal)).rejects.toMatchObject(gone);
    await expect(client.restart(none, 1, signal)).rejects.toMatchObject(gone);
    await expect(client.unpause(none, signal)).rejects.toMatchObject(gone);
    const created = await containers.docker.createContainer({
      name: `${containers.prefix}-bad`,
      Image: 'paramedic-test/busybox:1',
      Cmd: ['/nonexistent'],
      HostConfig: { NetworkMode: 'none' },
    });
    try {
      await expect(client.start(created.id, signal)).rejects.toMatchObject({ reason: 'bad-request', retryable: false });
    } finally {
      await created.remove({ force: true });
    }
  });

  it('does a restart although the request was taken back', async () => {
    const { id } = await containers.stubborn('stubborn');
    const before = await seen(id);
    const events = await watchEvents(id);
    const controller = new AbortController();
    const asked = client.restart(id, 1, controller.signal).catch((error: unknown) => error);
    await events.next('kill');
    controller.abort();
    expect(await asked).toMatchObject({ name: 'ActionError', reason: 'aborted' });
    await events.next('restart');
    events.close();
    expect((await seen(id)).startedAt).toBeGreaterThan(before.startedAt);
  });

  it('tells its events from the moment they are asked for', async () => {
    const web = await containers.run('web', forever);
    // The start is not of the same millisecond, which is as fine as we can say from when on.
    const startedBy = Date.now();
    await vi.waitUntil(() => Date.now() > startedBy, { interval: 1 });
    const actions: string[] = [];
    const controller = new AbortController();
    const watched = client.events(({ action, containerId }) => {
      if (containerId !== web.id) return;
      actions.push(action);
      if (action === 'die') controller.abort();
    }, controller.signal);
    // No waiting for the stream to be open: what happens meanwhile is told too.
    await web.kill();
    await watched;
    expect(actions).toEqual(['kill', 'die']);
  });
});
