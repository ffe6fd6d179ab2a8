import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';

let api: KubeApi;
let client: KubernetesClient;
const { signal } = new AbortController();
const web = { namespace: 'shop', name: 'web' };

beforeEach(async () => {
  api = await startKubeApi();
  client = api.client;
});
afterEach(() => api.close());

async function failure(promise: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ActionError) return error;
  throw error;
}

describe('an object', () => {
  const settings = { namespace: 'shop', name: 'settings' };
  const gold = { namespace: '', name: 'gold' };

  it('is made once, in its place', async () => {
    const body = { metadata: { labels: { a: 'b' }, name: 'other', namespace: 'other' }, data: { MODE: 'ok' } };
    await client.create('configmaps', settings, body, signal);
    expect(api.writes()).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/namespaces/shop/configmaps',
        query: { fieldManager: 'paramedic' },
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...settings, labels: { a: 'b' } }, data: body.data },
      },
    ]);
    expect(api.get('configmaps', settings)).toMatchObject({ data: { MODE: 'ok' } });
    const error = await failure(client.create('configmaps', settings, {}, signal));
    expect([error.reason, error.retryable]).toEqual(['conflict', false]);
    expect(error.message).toMatch(/^kubernetes prod did not create configmaps in namespace shop: HTTP 409/);
  });

  it('that lives in no namespace is made, found and taken away there', async () => {
    await client.create('priorityclasses.scheduling.k8s.io', { ...gold, namespace: 'shop' }, { value: 7 }, signal);
    const made = await client.get('priorityclasses.scheduling.k8s.io', gold);
    expect(made).toMatchObject({ kind: 'PriorityClass', value: 7 });
    expect(made?.metadata.namespace).toBeUndefined();
    await client.remove('priorityclasses.scheduling.k8s.io', gold, made?.metadata.uid ?? '', signal);
    expect(api.writes().map(({ path }) => path)).toEqual([
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      '/apis/scheduling.k8s.io/v1/priorityclasses/gold',
    ]);
    expect(await client.get('priorityclasses.scheduling.k8s.io', gold)).toBeUndefined();
  });

  it('is tried without being made, also where one of that name is there', async () => {
    await client.wouldCreate('configmaps', settings, { data: { MODE: 'ok' } }, signal);
    expect(api.get('configmaps', settings)).toBeUndefined();
    api.put('configmaps', { metadata: settings, data: { MODE: 'old' } });
    await client.wouldCreate('configmaps', settings, { data: { MODE: 'ok' } }, signal);
    expect(api.get('configmaps', settings)).toMatchObject({ data: { MODE: 'old' } });
    expect(api.writes().map(({ method, path, query }) => [method, path, query])).toEqual(
      Array.from({ length: 2 }, () => [
        'POST',
        '/api/v1/namespaces/shop/configmaps',
        { fieldManager: 'paramedic', dryRun: 'All' },
      ]),
    );
    const error = await failure(client.wouldCreate('zones.example.com/v1/Zone', gold, {}, signal));
    expect([error.reason, error.retryable]).toEqual(['not-found', false]);
    expect(api.writes()[2]?.path).toBe('/apis/example.com/v1/zones');
  });

  it('is taken away when it is the one that is meant, and gone is gone', async () => {
    const { uid } = api.put('configmaps', { metadata: settings }).metadata;
    const error = await failure(client.remove('configmaps', settings, 'other', signal));
    expect([error.reason, error.retryable]).toEqual(['conflict', false]);
    expect(error.message).toMatch(/^kubernetes prod did not delete configmaps shop\/settings: HTTP 409/);
    expect(api.get('configmaps', settings)).toBeDefined();
    await client.remove('configmaps', settings, uid, signal);
    expect(api.get('configmaps', settings)).toBeUndefined();
    expect(api.writes()[1]).toMatchObject({
      method: 'DELETE',
      path: '/api/v1/namespaces/shop/configmaps/settings',
      query: {},
      body: { kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' },
    });
    await client.remove('configmaps', settings, uid, signal);
  });

  it('is not gone because somebody else says so', async () => {
    for (const kind of ['page', 'starting'] as const) {
      api.fault({ kind });
      expect((await failure(client.remove('configmaps', settings, 'x', signal))).reason).toBe('server-error');
    }
  });

  it('is written once, whatever is answered', async () => {
    const { uid } = api.put('configmaps', { metadata: settings }).metadata;
    for (const [kind, reason] of [
      ['429', 'rate-limited'],
      ['reset', 'unreachable'],
    ] as const) {
      api.fault({ kind, times: 2, ...(kind === '429' && { retryAfterS: 0 }) });
      expect((await failure(client.remove('configmaps', settings, uid, signal))).reason).toBe(reason);
      expect((await failure(client.create('configmaps', settings, {}, signal))).reason).toBe(reason);
    }
    expect(api.writes()).toHaveLength(4);
  });

  it('that we have no right to names the rule that is missing', async () => {
    api.fault({ kind: '403', times: 2 });
    expect((await failure(client.create('networkpolicies.networking.k8s.io', web, {}, signal))).message).toBe(
      'kubernetes prod may not create networkpolicies.networking.k8s.io in namespace shop: its role lacks {apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["create"]}',
    );
    expect((await failure(client.remove('namespaces', { namespace: '', name: 'shop' }, 'x', signal))).message).toBe(
      'kubernetes prod may not delete namespaces: its role lacks {apiGroups: [""], resources: ["namespaces"], verbs: ["delete"]}',
    );
  });
});
