import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import { ill, planOf, pod, putWorkload, workload } from '../../../test/fakes/workload-state.ts';
import type { Clients } from '../../domain/clients.ts';
import { deletePodOfDeployment } from './deployment.ts';
import { deletePodOfStatefulSet } from './statefulset.ts';

const signal = new AbortController().signal;
const place = { namespace: 'shop', name: 'checkout' };

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

describe('delete-pod', () => {
  const twoIll = workload({ pods: [ill('a'), ill('b'), pod('c')] });
  const change = () => planOf(deletePodOfDeployment, twoIll, undefined, { updateRevision: '' }).change;
  const names = () => ['a', 'b', 'c'].filter((name) => api.get('pods', { namespace: 'shop', name }) !== undefined);
  const budget = (disruptionsAllowed: number) =>
    api.put('poddisruptionbudgets.policy', {
      metadata: { namespace: 'shop', name: 'checkout-budget' },
      spec: { selector: { matchLabels: { app: 'checkout' } } },
      status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 2 },
    });
  beforeEach(() => putWorkload(api, 'deployment'));

  it('evicts those that are pinned, and no others', async () => {
    await deletePodOfDeployment.apply(change(), clients, signal);
    expect(names()).toEqual(['c']);
  });

  it('names the budget that does not allow it, and how far it came', async () => {
    budget(1);
    api.onWrite(() => budget(0));
    await expect(deletePodOfDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: expect.stringMatching(/^pod shop\/b is not evicted \(1 of 2 pods were\): .*checkout-budget/),
    });
    expect(names()).toEqual(['b', 'c']);
    expect(await deletePodOfDeployment.settled(change(), clients)).toBe('not-done');
  });

  it('leaves another pod of the same name alone, and one that is going', async () => {
    api.put('pods', { metadata: { namespace: 'shop', name: 'a', uid: 'other' } });
    api.put('pods', {
      metadata: { namespace: 'shop', name: 'b', uid: 'uid-b', deletionTimestamp: '2026-11-25T03:00:00Z' },
    });
    expect(await deletePodOfDeployment.settled(change(), clients)).toBe('done');
    await deletePodOfDeployment.apply(change(), clients, signal);
    expect(api.writes()).toEqual([]);
  });

  it('leaves alone what says hands off since it was planned', async () => {
    const annotations = { 'paramedic.dev/mode': 'none' };
    api.put('pods', { metadata: { namespace: 'shop', name: 'b', uid: 'uid-b', annotations } });
    await expect(deletePodOfDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      message:
        'pod shop/b is not evicted (1 of 2 pods were): pod b says hands off (its annotation paramedic.dev/mode is none)',
    });
    expect(names()).toEqual(['b', 'c']);
  });

  it('asks a StatefulSet of what version its next pods are', async () => {
    api.put('statefulsets.apps', { metadata: place, spec: {}, status: { updateRevision: 'checkout-2' } });
    const target = { kind: 'statefulset', key: 'kubernetes/prod/shop/statefulset/checkout' };
    expect(await deletePodOfStatefulSet.observe(target, clients)).toEqual({ updateRevision: 'checkout-2' });
  });
});
