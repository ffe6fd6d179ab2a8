import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeDockerEngine, type FakeEngine } from '../../../test/fakes/docker-engine.ts';
import { createDockerClient } from '../../clients/docker.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Candidate } from '../../domain/target.ts';
import { container } from './container.ts';

let first: FakeEngine;
let second: FakeEngine;
let clients: Clients;

beforeEach(async () => {
  [first, second] = await Promise.all([fakeDockerEngine(), fakeDockerEngine()]);
  const made = await Promise.all([
    createDockerClient({ name: 'edge-1', host: first.host, instances: [] }),
    createDockerClient({ name: 'edge-2', host: second.host, instances: [] }),
  ]);
  clients = { docker: new Map(made.map((client) => [client.name, client])), kubernetes: new Map() };
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

const named = (by: Record<string, string>, platform?: string): Candidate => ({
  kind: 'container',
  by,
  phrase: `container "${Object.values(by).join(' ')}"`,
  ...(platform === undefined ? {} : { platform }),
});
const ofCompose = (service: string, number: string, more: Record<string, string> = {}) => ({
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': number,
  ...more,
});

describe('a container is confirmed', () => {
  it('by its name, on the engine that is named', async () => {
    const { id } = first.add({ name: 'web' });
    second.add({ name: 'web' });
    const target = await container.confirm(named({ name: 'web' }, 'edge-1'), clients);
    expect(target).toEqual({ kind: 'container', key: 'docker/edge-1/container/web', uid: id });
    expect(second.requests).toEqual([]);
  });

  it('by its id, under its name', async () => {
    const { id } = second.add({ name: 'web' });
    const target = await container.confirm(named({ id }), clients);
    expect(target).toEqual({ kind: 'container', key: 'docker/edge-2/container/web', uid: id });
  });

  it('by compose project and service, runs by hand left out', async () => {
    const { id } = first.add({ name: 'shop-web-1', labels: ofCompose('web', '1') });
    first.add({ name: 'shop-web-1-paramedic-kept-0123456789ab', labels: ofCompose('web', '1') });
    first.add({ name: 'shop-db-1', labels: ofCompose('db', '1') });
    first.add({ name: 'shop-web-run-1', labels: ofCompose('web', '1', { 'com.docker.compose.oneoff': 'True' }) });
    const target = await container.confirm(named({ project: 'shop', service: 'web' }), clients);
    expect(target).toEqual({ kind: 'container', key: 'docker/edge-1/container/shop-web-1', uid: id });
  });

  it('by the number, where there are several', async () => {
    first.add({ name: 'shop-web-1', labels: ofCompose('web', '1') });
    const { id } = first.add({ name: 'shop-web-2', labels: ofCompose('web', '2') });
    const target = await container.confirm(named({ project: 'shop', service: 'web', number: '2' }), clients);
    expect(target).toMatchObject({ uid: id });
  });

  it('when the engine is named, although another one does not answer', async () => {
    first.add({ name: 'web' });
    second.fail(/./, 'reset');
    expect(await container.confirm(named({ name: 'web' }, 'edge-1'), clients)).toMatchObject({
      key: 'docker/edge-1/container/web',
    });
  });

  it('not while another engine, which may have one of that name too, does not answer', async () => {
    first.add({ name: 'web' });
    second.fail(/./, 'reset');
    await expect(container.confirm(named({ name: 'web' }), clients)).rejects.toMatchObject({ retryable: true });
  });
});

const refusal = async (candidate: Candidate) => {
  const answer = await container.confirm(candidate, clients);
  return 'ok' in answer ? answer.reason : answer;
};

describe('a container is refused', () => {
  it('when there is none', async () => {
    expect(await refusal(named({ name: 'web' }, 'edge-1'))).toBe('there is no container "web" on docker engine edge-1');
    expect(await refusal(named({ name: 'web' }))).toBe(
      'there is no container "web" on the docker engines edge-1, edge-2',
    );
  });

  it('when its name is only the start of the id of another one', async () => {
    const { id } = first.add({ name: 'web' });
    expect(await refusal(named({ name: id.slice(0, 12) }, 'edge-1'))).toContain('there is no container');
  });

  it('when several fit', async () => {
    first.add({ name: 'shop-web-2', labels: ofCompose('web', '2') });
    first.add({ name: 'shop-web-1', labels: ofCompose('web', '1') });
    expect(await refusal(named({ project: 'shop', service: 'web' }, 'edge-1'))).toBe(
      'container "shop web" could be any of: shop-web-1 on edge-1, shop-web-2 on edge-1',
    );
  });

  it('when two engines have one', async () => {
    first.add({ name: 'web' });
    second.add({ name: 'web' });
    expect(await refusal(named({ name: 'web' }))).toBe('container "web" could be any of: web on edge-1, web on edge-2');
  });

  it('when it is protected', async () => {
    first.add({ name: 'web', image: 'prom/prometheus:v3' });
    expect(await refusal(named({ name: 'web' }))).toBe(
      'container "web" is never acted on: prometheus is part of the monitoring',
    );
  });

  it('when our own Redis runs in it', async () => {
    first.add({ name: 'cache', published: [{ ip: '', port: 6379 }] });
    second.add({ name: 'other', published: [{ ip: '', port: 6379 }] });
    const engines = [{ name: 'edge-1', byName: true, byPort: true }];
    clients = { ...clients, ownRedis: { host: '127.0.0.1', port: 6379, engines, clusters: [], namespace: '' } };
    expect(await refusal(named({ name: 'cache' }))).toBe(
      'container "cache" is never acted on: Paramedic\'s own Redis runs in it (redis.url)',
    );
    expect(await container.confirm(named({ name: 'other' }), clients)).toMatchObject({
      key: 'docker/edge-2/container/other',
    });
  });

  it('when its engine is not configured any more', async () => {
    expect(await refusal(named({ name: 'web' }, 'edge-3'))).toBe('docker engine edge-3 is not configured');
  });
});

it('an engine that does not answer is no proof that the container is gone', async () => {
  second.fail(/./, 'reset');
  await expect(container.confirm(named({ name: 'web' }), clients)).rejects.toMatchObject({
    name: 'ActionError',
    reason: 'unreachable',
  });
});

describe('a target is observed', () => {
  it('as it is now', async () => {
    const web = first.add({ name: 'web', status: 'paused' });
    const target = { kind: 'container', key: 'docker/edge-1/container/web', uid: web.id };
    expect(await container.observe(target, clients)).toEqual(web);
  });

  it('and gone, once its id is, or once it was renamed to make room', async () => {
    const web = first.add({ name: 'web' });
    const target = { kind: 'container', key: 'docker/edge-1/container/web', uid: web.id };
    first.set(web.id, { name: 'old-web' });
    first.add({ name: 'web' });
    expect(await container.observe(target, clients)).toBeUndefined();
    first.remove(web.id);
    expect(await container.observe(target, clients)).toBeUndefined();
  });

  it('and not said to be gone when its engine was taken out of the configuration', async () => {
    const target = { kind: 'container', key: 'docker/edge-3/container/web', uid: 'f'.repeat(64) };
    await expect(container.observe(target, clients)).rejects.toThrow('docker engine edge-3 is no longer configured');
  });
});
