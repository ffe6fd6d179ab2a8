import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import type { Clients } from '../domain/clients.ts';
import { isTarget, type Candidate } from '../domain/target.ts';
import { confirmKubernetes } from './confirm.ts';
import { readOnce } from './read-once.ts';

let api: KubeApi;
beforeEach(async () => {
  api = await startKubeApi();
  const labels = { app: 'cache' };
  const template = { metadata: { labels: { ...labels, pod: 'yes' } }, spec: { containers: [] } };
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'store', uid: 's', controller: true };
  const redis = { namespace: 'medic', name: 'redis' };
  api.put('services', {
    metadata: redis,
    spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00::7'], selector: labels },
  });
  api.put('services', { metadata: { ...redis, name: 'also' }, spec: { selector: { ...labels, role: 'master' } } });
  api.put('services', { metadata: { ...redis, name: 'manual' }, spec: {} });
  for (const namespace of ['medic', 'shop']) {
    api.put('statefulsets.apps', {
      metadata: { namespace, name: 'store', uid: 's' },
      spec: { selector: { matchLabels: labels }, template },
    });
    api.put('deployments.apps', {
      metadata: { namespace, name: 'web' },
      spec: { selector: {}, template: { ...template, metadata: { labels: { app: 'web' } } } },
    });
  }
  api.put('pods', {
    metadata: { namespace: 'medic', name: 'store-0', labels, ownerReferences: [owner] },
    spec: { containers: [] },
    status: { podIP: '10.244.1.5' },
  });
  for (const name of ['data-store-0', 'data-store-10', 'data-web-0'])
    api.put('persistentvolumeclaims', { metadata: { namespace: 'medic', name }, spec: {} });
});
afterEach(() => api.close());

const own = (host: string, more: object = {}) => ({
  ownRedis: { host, port: 6379, engines: [], clusters: ['prod'], namespace: 'medic', ...more },
});
const clientsOf = (host: string, more?: object): Clients => ({
  docker: new Map(),
  kubernetes: new Map([['prod', readOnce(api.client)]]),
  ...own(host, more),
});
const named = (kind: string, name: string, namespace = 'medic'): Candidate => ({
  kind,
  platform: 'prod',
  by: { namespace, name },
  phrase: `${kind} "${namespace}/${name}"`,
});
async function answer(one: Candidate, clients: Clients): Promise<string> {
  const found = await confirmKubernetes(one, clients);
  return isTarget(found) ? found.key : 'ok' in found ? found.reason : '';
}
const because = "is never acted on: Paramedic's own Redis runs in it (redis.url)";
const reads = (what: string) => api.requests.filter(({ path }) => path.includes(what)).length;

describe('what our Redis runs in is refused', () => {
  it.each([
    'redis',
    'redis.medic',
    'redis.medic.svc',
    'redis.medic.svc.cluster.local',
    'redis.medic.svc.corp.example',
    'store-0.redis.medic.svc.cluster.local',
    'store-0.redis.medic',
    'store-0.redis',
    '10.96.0.7',
    'fd00::7',
  ])('by the host %s', async (host) => {
    const clients = clientsOf(host);
    for (const [kind, name] of [
      ['service', 'redis'],
      ['service', 'also'],
      ['statefulset', 'store'],
      ['pod', 'store-0'],
    ] as const)
      expect(await answer(named(kind, name), clients)).toBe(`${kind} "medic/${name}" ${because}`);
    expect(await answer(named('deployment', 'web'), clients)).toBe('kubernetes/prod/medic/deployment/web');
    expect(await answer(named('service', 'manual'), clients)).toBe('kubernetes/prod/medic/service/manual');
  });

  it('by the address of its pod, and what makes that pod', async () => {
    const clients = clientsOf('10.244.1.5');
    expect(await answer(named('pod', 'store-0'), clients)).toContain(because);
    expect(await answer(named('statefulset', 'store'), clients)).toContain(because);
    expect(await answer(named('deployment', 'web'), clients)).toContain('kubernetes/');
  });

  it("by the address of a node never: all in the node's network has it", async () => {
    api.put('pods', {
      metadata: { namespace: 'medic', name: 'proxy' },
      spec: { containers: [], hostNetwork: true },
      status: { podIP: '10.0.0.4' },
    });
    expect(await answer(named('pod', 'proxy'), clientsOf('10.0.0.4'))).toBe('kubernetes/prod/medic/pod/proxy');
  });

  it("when the Service is gone, by the pod's name: its StatefulSet and its claims", async () => {
    api.remove('services', { namespace: 'medic', name: 'redis' });
    const clients = clientsOf('store-0.redis.medic.svc');
    expect(await answer(named('statefulset', 'store'), clients)).toContain(because);
    expect(await answer(named('persistentvolumeclaim', 'data-store-0'), clients)).toContain(because);
    expect(await answer(named('persistentvolumeclaim', 'data-web-0'), clients)).toContain('kubernetes/');
    expect(await answer(named('persistentvolumeclaim', 'data-store-10'), clients)).toContain('kubernetes/');
  });

  it('when its pod is gone, which alerts still name', async () => {
    api.remove('pods', { namespace: 'medic', name: 'store-0' });
    expect(await answer(named('pod', 'store-0'), clientsOf('redis'))).toContain(because);
  });
});

describe('nothing else is', () => {
  it.each(['redis', 'redis.medic.svc', '10.96.0.7'])('in another namespace or cluster: %s', async (host) => {
    const clients = clientsOf(host);
    expect(await answer(named('statefulset', 'store', 'shop'), clients)).toBe('kubernetes/prod/shop/statefulset/store');
    const elsewhere = clientsOf(host, { clusters: ['other'] });
    expect(await answer(named('statefulset', 'store'), elsewhere)).toBe('kubernetes/prod/medic/statefulset/store');
  });

  it('by a Service that selects nothing, but the Service', async () => {
    const clients = clientsOf('manual.medic.svc');
    expect(await answer(named('service', 'manual'), clients)).toContain(because);
    expect(await answer(named('statefulset', 'store'), clients)).toContain('kubernetes/');
  });

  it.each(['redis.example.com', 'db.eu-west-1.cache.amazonaws.com', 'a_b.medic', 'x.y.redis.medic.svc'])(
    'by the name of something outside: %s',
    async (host) => {
      expect(await answer(named('statefulset', 'store'), clientsOf(host))).toContain('kubernetes/');
      expect(reads('/services')).toBe(0);
    },
  );
});

it('a name costs one read for a delivery, and none where its namespace has no victim', async () => {
  const clients = clientsOf('redis.medic.svc');
  await answer(named('statefulset', 'store', 'shop'), clients);
  expect(reads('/services')).toBe(0);
  await Promise.all([
    ...['store', 'store'].map((name) => answer(named('statefulset', name), clients)),
    answer(named('pod', 'store-0'), clients),
    answer(named('deployment', 'web'), clients),
  ]);
  expect(reads('/services')).toBe(1);
});

it('a Service that can not be read is no leave to act', async () => {
  api.fault({ kind: '403', matches: ({ path }) => path.endsWith('/services/redis') });
  await expect(answer(named('deployment', 'web'), clientsOf('redis'))).rejects.toMatchObject({ reason: 'forbidden' });
  api.fault({ kind: 'reset', times: 9, matches: ({ path }) => path.endsWith('/services/redis') });
  await expect(answer(named('deployment', 'web'), clientsOf('redis'))).rejects.toMatchObject({ retryable: true });
});
