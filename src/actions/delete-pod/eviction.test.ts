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
    const there = api.get('pods', { namespace: 'shop', name: 'b' });
    api.put('pods', { ...there, metadata: { ...there?.metadata, annotations } });
    await expect(deletePodOfDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      message:
        'pod shop/b is not evicted (1 of 2 pods were): pod b says hands off (its annotation paramedic.dev/mode is none)',
    });
    expect(names()).toEqual(['b', 'c']);
  });

  const well = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const putPod = (name: string, status: object | undefined, more: object = {}) =>
    api.put('pods', {
      metadata: { namespace: 'shop', name, uid: `uid-${name}`, ...more },
      spec: { nodeName: 'n', containers: [] },
      ...(status && { status }),
    });

  it('passes over a pod that got well since it was planned', async () => {
    putPod('a', well);
    await deletePodOfDeployment.apply(change(), clients, signal);
    expect(names()).toEqual(['a', 'c']);
    const after = { ...twoIll, pods: [pod('a'), pod('c'), pod('d')] };
    expect(deletePodOfDeployment.verify({ before: twoIll, state: after, change: change() })).toEqual({
      ok: true,
      reason: '1 of 2 pods are gone from shop, 1 got well and stays',
    });
  });

  it('says so when all of them got well', async () => {
    for (const name of ['a', 'b']) putPod(name, well);
    await expect(deletePodOfDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: 'nothing is evicted: the 2 pods are well by now',
    });
    expect(api.writes()).toEqual([]);
  });

  describe('of a StatefulSet', () => {
    const before = workload({ kind: 'statefulset', pods: [ill('a'), pod('b'), pod('c')] });
    const pinned = () => planOf(deletePodOfStatefulSet, before, undefined, { updateRevision: '' }).change;
    const owned = (uid: string) => ({
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'checkout', uid, controller: true }],
    });
    const ofSet = (name: string, status?: object) => putPod(name, status, owned('set'));
    const crashing = {
      phase: 'Running',
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff' } } },
      ],
    };

    it('goes when as many of the others are well as were', async () => {
      ofSet('a', crashing);
      for (const name of ['b', 'c']) ofSet(name, well);
      await deletePodOfStatefulSet.apply(pinned(), clients, signal);
      expect(names()).toEqual(['b', 'c']);
    });

    it.each<[string, () => unknown]>([
      ['another one fell ill', () => ofSet('c', crashing)],
      ['another one is starting', () => ofSet('c', { phase: 'Running' })],
      ['another one is gone', () => api.remove('pods', { namespace: 'shop', name: 'c' })],
      [
        'another one is stopping',
        () => putPod('c', well, { ...owned('set'), deletionTimestamp: '2026-11-25T03:00:00Z' }),
      ],
      ['another one is not its own', () => putPod('c', well, owned('other'))],
    ])('stays when %s since', async (_what, happen) => {
      ofSet('a', crashing);
      for (const name of ['b', 'c']) ofSet(name, well);
      happen();
      await expect(deletePodOfStatefulSet.apply(pinned(), clients, signal)).rejects.toMatchObject({
        reason: 'conflict',
        retryable: false,
        message: 'pod shop/a is not evicted: only 1 of the others are well by now, and 2 were when it was planned',
      });
      expect(api.writes()).toEqual([]);
    });
  });

  it('asks a StatefulSet of what version its next pods are', async () => {
    api.put('statefulsets.apps', { metadata: place, spec: {}, status: { updateRevision: 'checkout-2' } });
    const target = { kind: 'statefulset', key: 'kubernetes/prod/shop/statefulset/checkout' };
    expect(await deletePodOfStatefulSet.observe(target, clients)).toEqual({ updateRevision: 'checkout-2' });
  });
});
