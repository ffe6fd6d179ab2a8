import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';

let api: KubeApi;
let client: KubernetesClient;
const { signal } = new AbortController();
const web = { namespace: 'shop', name: 'web' };
const merge = { merge: { spec: { replicas: 3 } } };

beforeEach(async () => {
  api = await startKubeApi();
  client = api.client;
  api.put('deployments.apps', { metadata: { ...web, labels: { app: 'web' } }, spec: { replicas: 1 } });
});
afterEach(() => api.close());

const putPods = (count: number): void => {
  for (let index = 0; index < count; index += 1)
    api.put('pods', {
      metadata: { namespace: index % 2 === 0 ? 'shop' : 'blog', name: `p-${index}`, labels: { app: 'web' } },
      spec: { nodeName: index === 3 ? 'worker-2' : 'worker-1', containers: [] },
    });
};
const names = (items: readonly { readonly metadata: { readonly name: string } }[]): readonly string[] =>
  items.map(({ metadata }) => metadata.name);

async function failure(promise: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ActionError) return error;
  throw error;
}

describe('reading', () => {
  it('gives the object as the API has it, and nothing for one that is not there', async () => {
    expect(await client.get('deployments.apps', web)).toEqual(api.get('deployments.apps', web));
    expect(await client.get('deployments.apps', { namespace: 'shop', name: 'nope' })).toBeUndefined();
  });

  it('says who asks', async () => {
    await client.get('deployments.apps', web);
    expect(api.requests[0]?.headers).toMatchObject({ 'user-agent': 'paramedic', authorization: 'Bearer kube-token' });
  });

  it('finds what lives in no namespace', async () => {
    api.put('nodes', { metadata: { name: 'worker-1' } });
    expect(await client.get('nodes', { namespace: '', name: 'worker-1' })).toMatchObject({
      metadata: { name: 'worker-1' },
    });
    expect(names(await client.list('nodes', { namespace: '' }))).toEqual(['worker-1']);
  });

  it('lists by namespace, label and field', async () => {
    putPods(6);
    expect(names(await client.list('pods', { namespace: 'shop' }))).toEqual(['p-0', 'p-2', 'p-4']);
    expect(await client.list('pods', { namespace: '' })).toHaveLength(6);
    expect(await client.list('pods', { namespace: '', labelSelector: 'app in (a,web),!old' })).toHaveLength(6);
    expect(await client.list('pods', { namespace: '', labelSelector: 'app=other' })).toEqual([]);
    expect(names(await client.list('pods', { namespace: '', fieldSelector: 'spec.nodeName=worker-2' }))).toEqual([
      'p-3',
    ]);
  });

  it('lists all pages', async () => {
    putPods(1100);
    const all = await client.list('pods', { namespace: '' });
    expect(new Set(names(all)).size).toBe(1100);
    expect(api.requests.map(({ query }) => [query['limit'], query['continue'] ?? ''])).toEqual([
      ['500', ''],
      ['500', '500'],
      ['500', '1000'],
    ]);
  });

  it('hands out pages as they come, each object with what it is, and of a cluster that has no such thing none', async () => {
    putPods(250);
    const pages: (readonly { readonly kind: string; readonly apiVersion: string }[])[] = [];
    for await (const page of client.pages('pods', { namespace: '' })) {
      // Nothing is asked for before it is wanted.
      expect(api.requests).toHaveLength(pages.length + 1);
      pages.push(page);
    }
    expect(pages.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(pages[0]?.[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
    for await (const page of client.pages('scaledobjects.keda.sh', { namespace: '' })) expect(page).toEqual([]);
  });

  it('does not begin anew when the page after one that was handed out is forgotten', async () => {
    putPods(250);
    api.fault({ kind: '410', matches: ({ query }) => query['continue'] === '100' });
    let count = 0;
    const error = await failure(
      (async () => {
        for await (const page of client.pages('pods', { namespace: '' })) count += page.length;
      })(),
    );
    expect([count, error.reason, error.retryable]).toEqual([100, 'conflict', true]);
  });

  it('counts without listing, in one namespace or in all', async () => {
    putPods(1101);
    expect(await client.count('pods', '')).toBe(1101);
    expect(await client.count('pods', 'shop')).toBe(551);
    expect(await client.count('pods', 'empty')).toBe(0);
    expect(api.requests.map(({ query }) => query)).toEqual([{ limit: '1' }, { limit: '1' }, { limit: '1' }]);
    expect(await client.count('scaledobjects.keda.sh', '')).toBe(0);
    api.fault({ kind: '403' });
    expect(await failure(client.count('deployments.apps', ''))).toMatchObject({ reason: 'forbidden' });
  });

  it('uses one connection for one request after the other', async () => {
    for (let index = 0; index < 20; index += 1) await client.get('deployments.apps', web);
    await client.patch('deployments.apps', web, merge, signal);
    await client.list('pods', { namespace: '' });
    expect(api.connections).toBe(1);
  });

  it('does not open a connection for each of many requests at once', async () => {
    await Promise.all(Array.from({ length: 60 }, () => client.get('deployments.apps', web)));
    expect(api.requests).toHaveLength(60);
    expect(api.connections).toBeLessThanOrEqual(8);
  });

  it('of an API that the cluster does not serve finds nothing, and does not ask again at once', async () => {
    expect(await client.list('scaledobjects.keda.sh', { namespace: 'shop' })).toEqual([]);
    expect(await client.list('scaledobjects.keda.sh', { namespace: 'blog' })).toEqual([]);
    expect(await client.get('scaledobjects.keda.sh', web)).toBeUndefined();
    expect(api.requests.map(({ path }) => path)).toEqual([
      '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects',
      '/apis',
    ]);
  });

  it('of a version that the cluster does not serve finds nothing, though it serves the group', async () => {
    expect(await client.list('widgets.apps/v9/Widget', { namespace: 'shop' })).toEqual([]);
    expect(api.requests.map(({ path }) => path)).toEqual([
      '/apis/apps/v9/namespaces/shop/widgets',
      '/apis',
      '/apis/apps/v9',
    ]);
  });

  it('can not be led elsewhere by a name', async () => {
    await client.get('pods', { namespace: 'shop', name: '../../kube-system/pods/x?a=b' });
    expect(api.requests[0]?.path).toBe('/api/v1/namespaces/shop/pods/..%2F..%2Fkube-system%2Fpods%2Fx%3Fa%3Db');
    for (const place of [
      { ...web, name: '..' },
      { ...web, namespace: '' },
    ])
      expect((await failure(client.get('pods', place))).reason).toBe('bad-request');
    expect(api.requests).toHaveLength(1);
  });
});

describe('patching', () => {
  it('changes the object, in our name', async () => {
    await client.patch('deployments.apps', web, { merge: { spec: { replicas: 2, paused: true } } }, signal);
    expect(api.get('deployments.apps', web)).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 2, paused: true },
    });
    expect(api.writes()).toMatchObject([{ method: 'PATCH', query: { fieldManager: 'paramedic' } }]);
  });

  it('changes the scale', async () => {
    await client.patch('deployments.apps', { ...web, subresource: 'scale' }, merge, signal);
    expect(api.writes()[0]?.path).toBe('/apis/apps/v1/namespaces/shop/deployments/web/scale');
    expect(api.get('deployments.apps', web)?.spec.replicas).toBe(3);
  });

  it('takes a list of operations', async () => {
    const { resourceVersion } = api.get('deployments.apps', web)?.metadata ?? {};
    await client.patch(
      'deployments.apps',
      web,
      {
        json: [
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          { op: 'add', path: '/metadata/labels/a~1b', value: 'c' },
          { op: 'replace', path: '/spec/replicas', value: 5 },
          { op: 'remove', path: '/metadata/labels/app' },
        ],
      },
      signal,
    );
    expect(api.get('deployments.apps', web)).toMatchObject({
      metadata: { labels: { 'a/b': 'c' } },
      spec: { replicas: 5 },
    });
    expect(api.get('deployments.apps', web)?.metadata.labels).toEqual({ 'a/b': 'c' });
  });

  it.each([
    ['a test that fails', { json: [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }] }],
    ['something to remove that is not there', { json: [{ op: 'remove', path: '/spec/paused' }] }],
    ['another version', { merge: { metadata: { resourceVersion: '1' } } }],
    ['another instance', { merge: { metadata: { uid: 'other' } } }],
  ] as const)('with %s is a conflict', async (_, patch) => {
    const error = await failure(client.patch('deployments.apps', web, patch, signal));
    expect([error.reason, error.retryable]).toEqual(['conflict', false]);
    expect(error.message).toMatch(/^kubernetes prod did not patch deployments\.apps shop\/web: HTTP 4/);
    expect(api.get('deployments.apps', web)?.spec.replicas).toBe(1);
  });

  it('of what is gone says so', async () => {
    const error = await failure(client.patch('deployments.apps', { ...web, name: 'nope' }, merge, signal));
    expect(error.reason).toBe('not-found');
  });
});

describe('a job', () => {
  it('is made once', async () => {
    const job = { metadata: { name: 'again' }, spec: { template: {} } };
    await client.createJob('shop', job, signal);
    expect(api.writes()).toMatchObject([
      { path: '/apis/batch/v1/namespaces/shop/jobs', body: { apiVersion: 'batch/v1', kind: 'Job', ...job } },
    ]);
    expect((await failure(client.createJob('shop', job, signal))).reason).toBe('conflict');
  });
});

describe('an eviction', () => {
  const pod = { namespace: 'shop', name: 'web-1' };
  const putPod = (): string =>
    api.put('pods', { metadata: { ...pod, labels: { app: 'web' } }, spec: { containers: [] } }).metadata.uid;
  const putBudget = (name: string, disruptionsAllowed: number): void =>
    void api.put('poddisruptionbudgets.policy', {
      metadata: { namespace: 'shop', name },
      spec: { selector: { matchLabels: { app: 'web' } } },
      status: { disruptionsAllowed, desiredHealthy: 2, currentHealthy: 2 },
    });

  it('takes the pod that is meant', async () => {
    const uid = putPod();
    expect(await client.evict(pod, uid, signal)).toEqual({ evicted: true });
    expect(api.get('pods', pod)).toBeUndefined();
    expect(api.writes()).toMatchObject([
      {
        path: '/api/v1/namespaces/shop/pods/web-1/eviction',
        body: { apiVersion: 'policy/v1', deleteOptions: { preconditions: { uid } } },
      },
    ]);
  });

  it('of a pod that is gone, or another one by now, does nothing', async () => {
    expect(await client.evict(pod, 'x', signal)).toEqual({ gone: true });
    putPod();
    expect(await client.evict(pod, 'x', signal)).toEqual({ gone: true });
    expect(api.get('pods', pod)).toBeDefined();
  });

  it('that a budget does not allow names the budget', async () => {
    const uid = putPod();
    putBudget('web-pdb', 0);
    expect(await client.evict(pod, uid, signal)).toEqual({
      blockedBy: 'The disruption budget web-pdb needs 2 healthy pods and has 2 currently',
    });
    putBudget('web-pdb', 1);
    expect(await client.evict(pod, uid, signal)).toEqual({ evicted: true });
  });

  it('of a pod with two budgets is never possible', async () => {
    const uid = putPod();
    putBudget('a', 1);
    putBudget('b', 1);
    expect(await client.evict(pod, uid, signal)).toEqual({
      blockedBy: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  });

  it('that is answered 429 for another reason is not blocked, and not sent again', async () => {
    const uid = putPod();
    api.fault({ kind: '429', retryAfterS: 1 });
    const error = await failure(client.evict(pod, uid, signal));
    expect([error.reason, error.retryable]).toEqual(['rate-limited', true]);
    expect(api.writes()).toHaveLength(1);
  });

  it('that nobody knows is no pod that is gone', async () => {
    for (const kind of ['page', 'starting'] as const) {
      api.fault({ kind });
      expect((await failure(client.evict(pod, 'x', signal))).reason).toBe('server-error');
    }
  });
});
