import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import { planOf, putWorkload, workload } from '../../../test/fakes/workload-state.ts';
import type { Clients } from '../../domain/clients.ts';
import { scaleDeployment } from './deployment.ts';

const signal = new AbortController().signal;
const place = { namespace: 'shop', name: 'checkout' };

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

describe('scale', () => {
  const target = { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/checkout' };
  const change = (to = 5) => planOf(scaleDeployment, workload(), { to }, { autoscaler: null }).change;
  const replicas = () => api.get('deployments.apps', place)?.spec.replicas;
  const set = (count: number) =>
    api.put('deployments.apps', { metadata: { ...place, uid: 'uid-1' }, spec: { replicas: count, template: {} } });
  beforeEach(() => putWorkload(api, 'deployment'));

  it('writes to the scale, and nowhere else', async () => {
    await scaleDeployment.apply(change(), clients, signal);
    expect(api.writes().map(({ path }) => path)).toEqual(['/apis/apps/v1/namespaces/shop/deployments/checkout/scale']);
    expect(replicas()).toBe(5);
  });

  it('writes nothing when it has another number by now', async () => {
    set(7);
    await expect(scaleDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: 'deployment shop/checkout has 7 replicas by now; the plan was to go from 3 to 5',
    });
    expect(api.writes()).toEqual([]);
  });

  it.each<[number, { readonly rejects?: string }]>([
    [7, { rejects: 'deployment shop/checkout has 7 replicas by now; the plan was to go from 3 to 5' }],
    [5, {}],
  ])('is not written over %d that came between its look and its write', async (count, { rejects }) => {
    const write = scaleDeployment.apply(
      change(),
      { ...clients, kubernetes: new Map([['prod', quicker(count)]]) },
      signal,
    );
    await (rejects === undefined
      ? expect(write).resolves.toBeUndefined()
      : expect(write).rejects.toMatchObject({ reason: 'conflict', message: rejects }));
    expect(replicas()).toBe(count);
  });
  const quicker = (count: number): KubeApi['client'] => ({
    ...api.client,
    patch: (...args) => {
      set(count);
      return api.client.patch(...args);
    },
  });

  it('the API itself compares the number', async () => {
    await expect(
      api.client.patch(
        'deployments.apps',
        { ...place, subresource: 'scale' },
        { json: [{ op: 'test', path: '/spec/replicas', value: 4 }] },
        signal,
      ),
    ).rejects.toMatchObject({ reason: 'conflict' });
  });

  it('undone twice it is undone once', async () => {
    await scaleDeployment.apply(change(), clients, signal);
    await scaleDeployment.undo(change(), clients, signal);
    await scaleDeployment.undo(change(), clients, signal);
    expect(replicas()).toBe(3);
    expect(api.writes()).toHaveLength(2);
  });

  it('is not undone when somebody has given it another number since', async () => {
    set(8);
    await scaleDeployment.undo(change(), clients, signal);
    expect(replicas()).toBe(8);
    expect(api.writes()).toEqual([]);
  });

  it.each<[string, number]>([
    ['paramedic', 3],
    ['kubectl', 5],
  ])('is undone while the number is ours, and it is %s who has written it', async (manager, after) => {
    const managedFields = [
      { manager: 'paramedic', operation: 'Update', time: '2026-11-25T03:00:00Z', fieldsV1: { 'f:spec': {} } },
      {
        manager,
        operation: 'Update',
        subresource: 'scale',
        time: '2026-11-25T03:00:05Z',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      },
    ];
    api.put('deployments.apps', {
      metadata: { ...place, uid: 'uid-1', managedFields },
      spec: { replicas: 5, template: {} },
    });
    await scaleDeployment.apply(change(), clients, signal);
    expect(api.writes()).toEqual([]);
    await scaleDeployment.undo(change(), clients, signal);
    expect(replicas()).toBe(after);
  });

  const meant = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' };
  const hpa = (name: string, scaleTargetRef: object) =>
    api.put('horizontalpodautoscalers.autoscaling', {
      metadata: { namespace: 'shop', name },
      spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 10 },
    });

  it('finds nobody who sets the number', async () => {
    hpa('others', { ...meant, name: 'cart' });
    hpa('namesake', { ...meant, kind: 'StatefulSet' });
    expect(await scaleDeployment.observe(target, clients)).toEqual({ autoscaler: null });
  });

  it('finds the autoscaler that does', async () => {
    hpa('web', meant);
    expect(await scaleDeployment.observe(target, clients)).toEqual({
      autoscaler: 'HorizontalPodAutoscaler web (2 to 10 replicas)',
    });
  });

  it('finds what KEDA made the autoscaler for', async () => {
    hpa('keda-hpa-web', meant);
    // KEDA means a Deployment where no kind is given.
    api.put('scaledobjects.keda.sh', {
      metadata: { namespace: 'shop', name: 'queue' },
      spec: { scaleTargetRef: { name: 'checkout' } },
    });
    expect(await scaleDeployment.observe(target, clients)).toEqual({
      autoscaler: "KEDA's ScaledObject queue (2 to 10 replicas)",
    });
  });

  it('asks Prometheus about the past only where the step goes by it, and nobody else sets the number', async () => {
    let asked = 0;
    const none = async () => [];
    const prometheus = { alerts: none, query: none, rules: none, range: async () => ((asked += 1), []) };
    const observe = (params?: object) => scaleDeployment.observe(target, { ...clients, prometheus }, params);
    expect(await observe({ by: 2, max: 4 })).toEqual({ autoscaler: null });
    expect(await observe({ to: 3 })).toEqual({ autoscaler: null });
    expect(asked).toBe(0);
    const known = { ok: false, reason: expect.stringContaining('Prometheus knows nothing of it') };
    expect(await observe({ to: 'known-good' })).toEqual({ autoscaler: null, history: known });
    expect(asked).toBe(2);
    hpa('web', meant);
    expect(await observe({ to: 'known-good' })).not.toHaveProperty('history');
    expect(asked).toBe(2);
  });
});
