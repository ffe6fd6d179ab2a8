import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { DockerClient } from '../../src/domain/clients.ts';
import { capture } from '../../src/evidence/capture.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { testContainers, type Containers } from '../harness/containers.ts';

let containers: Containers;
let client: DockerClient;
const { signal } = new AbortController();
const says = ['sh', '-c', 'echo one; echo "zwei ü, token=hunter2" >&2; sleep 0.2; echo three; exit 7'];
const tail = { lines: 100, maxBytes: 10_000 };

beforeEach(async () => {
  containers = await testContainers();
  client = await createDockerClient({ name: 'local', host: dockerSocket(), instances: [] });
});
afterEach(() => containers.removeAll());

/** Lines without their times. */
const lines = (log: string): readonly string[] => log.split(/\r?\n/).map((line) => line.replace(/^\S+Z /, ''));

describe('a real engine', () => {
  it('tells the log of both streams, and its newest lines only', async () => {
    const job = await containers.run('says', says);
    await job.until('exited');
    const log = await client.logs(job.id, tail);
    expect(lines(log).toSorted()).toEqual(['', 'one', 'three', 'zwei ü, token=hunter2']);
    expect(log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z one$/m);
    expect(lines(await client.logs(job.id, { ...tail, lines: 1 }))).toEqual(['three', '']);
  });

  it('tells the log of one with a terminal', async () => {
    const job = await containers.run('tty', says, { create: { Tty: true } });
    await job.until('exited');
    expect(lines(await client.logs(job.id, tail))).toEqual(['one', 'zwei ü, token=hunter2', 'three', '']);
  });

  it('tells that it can not read a log that is kept nowhere', async () => {
    const job = await containers.run('none', says, {
      create: { HostConfig: { LogConfig: { Type: 'none', Config: {} } } },
    });
    await expect(client.logs(job.id, tail)).rejects.toMatchObject({ name: 'ActionError' });
  });

  it('tells what happened to a container', async () => {
    const job = await containers.run('job', says);
    await job.until('exited');
    const actions = async () => (await client.history(job.id, Date.now() - 600_000)).map(({ action }) => action);
    await expect.poll(actions, { timeout: 10_000 }).toEqual(['create', 'start', 'die']);
  });

  it('gives evidence of a container that has ended', async () => {
    const create = { Env: ['DB_PASSWORD=hunter2'] };
    const job = await containers.run('job', says, { create });
    await job.until('exited');
    const target = { kind: 'container', key: `docker/local/container/${job.name}`, uid: job.id };
    const clients = { docker: new Map([['local', client]]), kubernetes: new Map() };
    const evidence = await capture({ target, labels: {}, clients, signal, now: Date.now() });
    expect(evidence.missing).toEqual([]);
    const text = JSON.stringify(evidence);
    expect(text).toContain('with exit code 7');
    expect(text).toContain('zwei ü, token=<redacted>');
    expect(text).toContain('sha256:');
    expect(text).not.toContain('hunter2');
  });
});
