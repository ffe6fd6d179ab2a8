import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubeApi, startKubeApi } from '../../../test/fakes/kube-api.ts';
import {
  putBudget,
  putDeployment,
  putPod,
  putReplicaSet,
  putSet,
  template,
  web,
} from '../../../test/fakes/put-back-pods.ts';
import type { Clients } from '../../domain/clients.ts';
import { nudge } from './nudge.ts';
import type { Renewal } from './put-back.ts';
import { renew, renewBack, renewed } from './renew.ts';

const { signal } = new AbortController();
let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());
const target = 'kubernetes/prod/shop/deployment/web';
const set = 'kubernetes/prod/shop/statefulset/web';
const go = (renewal: Renewal, of = target) => renew({ target: of, renewal }, clients, signal);
const pods = (...names: readonly string[]) => names.map((name) => ({ name, uid: `uid-${name}` }));
const writes = () => api.writes().map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`);

it('nothing is renewed by nothing', async () => {
  await go({ by: 'nothing' });
  await go({ by: 'evicting', pods: [] });
  expect(api.requests).toEqual([]);
});

describe('ill pods are evicted', () => {
  it('that very ones, once, and not those that got well', async () => {
    putPod(api, 'a', { life: 'crashes' });
    putPod(api, 'b');
    putPod(api, 'c', { life: 'crashes', uid: 'another' });
    const renewal: Renewal = { by: 'evicting', pods: pods('a', 'b', 'c') };
    await go(renewal);
    await go(renewal);
    expect(writes()).toEqual(['POST a/eviction']);
  });

  it('as far as a disruption budget lets them, and a refusal is no failure', async () => {
    putPod(api, 'a', { life: 'crashes' });
    putBudget(api, 0);
    await go({ by: 'evicting', pods: pods('a') });
    expect(api.get('pods', { namespace: 'shop', name: 'a' })).toBeDefined();
  });

  it('and that the API does not answer is a failure', async () => {
    putPod(api, 'a', { life: 'crashes' });
    api.fault({ kind: '403', times: 9, matches: ({ method }) => method === 'POST' });
    await expect(go({ by: 'evicting', pods: pods('a') })).rejects.toMatchObject({ reason: 'forbidden' });
  });

  it('of a StatefulSet one after the other, each when the one before is ready again', async () => {
    putSet(api, 'statefulsets.apps');
    putPod(api, 'web-0', { hash: '', life: 'crashes' });
    putPod(api, 'web-1', { hash: '', life: 'crashes' });
    api.onWrite(({ path }) => void putPod(api, path.split('/').at(-2) ?? '', { hash: '', uid: `new of ${path}` }));
    await go({ by: 'evicting-in-order', pods: pods('web-0', 'web-1') }, set);
    expect(writes()).toEqual(['POST web-0/eviction', 'POST web-1/eviction']);
  });

  it('of what is gone none', async () => {
    putPod(api, 'web-0', { hash: '', life: 'crashes' });
    await go({ by: 'evicting-in-order', pods: pods('web-0') }, set);
    expect(writes()).toEqual([]);
  });
});

describe('a pod that is well is evicted as a proof', () => {
  const renewal: Renewal = { by: 'proof', pods: pods('a') };

  it('that very one, once', async () => {
    putPod(api, 'a');
    await go(renewal);
    putPod(api, 'a', { uid: 'another' });
    await go(renewal).catch(() => undefined);
    expect(api.get('pods', { namespace: 'shop', name: 'a' })?.metadata.uid).toBe('another');
  });

  it('not where a disruption budget keeps it, and that is a failure: nothing was shown', async () => {
    putPod(api, 'a');
    putBudget(api, 0);
    await expect(go(renewal)).rejects.toMatchObject({ reason: 'conflict', retryable: false });
  });

  it('not where it says by now that it is not to be touched', async () => {
    putPod(api, 'a', { annotations: { 'paramedic.dev/mode': 'none' } });
    await expect(go(renewal)).rejects.toMatchObject({ reason: 'conflict', retryable: false });
    expect(writes()).toEqual([]);
  });
});

describe('a restart', () => {
  const renewal: Renewal = { by: 'restart', restartedAt: '2026-11-29T12:10:00.000Z' };
  const stamp = (at: string) => ({
    ...template(),
    metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } },
  });
  const restarted = () => api.get('deployments.apps', web)?.spec.template.metadata?.annotations;

  it('is written once', async () => {
    putDeployment(api);
    await go(renewal);
    await go(renewal);
    expect(writes()).toEqual(['PATCH deployments/web']);
    expect(restarted()).toEqual({ 'kubectl.kubernetes.io/restartedAt': renewal.restartedAt });
  });

  it('is written on top of what else was written in between', async () => {
    putDeployment(api);
    api.fault({ kind: '409', times: 2, matches: ({ method }) => method === 'PATCH' });
    await go(renewal);
    expect(restarted()).toEqual({ 'kubectl.kubernetes.io/restartedAt': renewal.restartedAt });
  });

  it.each([
    ['of the same time', '2026-11-29T12:10:00Z', 0],
    ['later, told in another zone', '2026-11-29T04:11:00-08:00', 0],
    ['earlier, told in another zone', '2026-11-29T21:09:00+09:00', 1],
    ['earlier', '2026-11-29T12:09:59Z', 1],
    ['of no time at all', 'yesterday', 1],
  ])('is not needed after somebody’s own, as far as that is not older: %s', async (_what, at, times) => {
    putDeployment(api, { spec: { template: stamp(at) } });
    await go(renewal);
    expect(writes()).toHaveLength(times);
  });

  it('is the same as a proof, which is asked about anew where it was not begun', async () => {
    const proof: Renewal = { by: 'proof-by-roll-out', restartedAt: '2026-11-29T12:10:00.000Z', was: '' };
    putDeployment(api);
    expect(await renewed({ target, renewal }, clients)).toBe('half-done');
    expect(await renewed({ target, renewal: proof }, clients)).toBe('not-done');
    await go(proof);
    expect(restarted()).toEqual({ 'kubectl.kubernetes.io/restartedAt': proof.restartedAt });
    expect(await renewed({ target, renewal: proof }, clients)).toBe('done');
    await renewBack({ target, renewal: proof }, clients, signal);
    expect(restarted()).toEqual({});
  });

  it('is none of what is gone', async () => {
    await go(renewal);
    expect(writes()).toEqual([]);
  });
});

describe('a nudge', () => {
  const at = Date.parse('2026-11-29T12:10:00Z');
  const marks = (resource: 'replicasets.apps' | 'statefulsets.apps' | 'deployments.apps', name: string) =>
    api.get(resource, { namespace: 'shop', name })?.metadata.annotations;
  const nudged = { 'paramedic.dev/nudged-at': '2026-11-29T12:10:00.000Z' };

  it('reaches the ReplicaSets of a Deployment that lack pods, and no other ones', async () => {
    putDeployment(api);
    putReplicaSet(api, 'h1', 2, 1);
    putReplicaSet(api, 'h2', 2, 2);
    putReplicaSet(api, 'h3', 0, 0);
    putReplicaSet(api, 'h4', 2, 0, 'another');
    await nudge(target, at, clients, signal);
    expect(writes()).toEqual(['PATCH replicasets/web-h1']);
    expect(marks('replicasets.apps', 'web-h1')).toEqual(nudged);
  });

  it('reaches a set itself, not its template', async () => {
    putSet(api, 'statefulsets.apps');
    await nudge(set, at, clients, signal);
    expect(marks('statefulsets.apps', 'web')).toEqual(nudged);
    expect(api.get('statefulsets.apps', web)?.spec.template).toEqual(template());
  });

  it('is no failure when it is refused, or nothing is there', async () => {
    await nudge(target, at, clients, signal);
    putDeployment(api);
    putReplicaSet(api, 'h1', 2, 1);
    api.fault({ kind: '403', times: 9, matches: ({ method }) => method === 'PATCH' });
    await nudge(target, at, clients, signal);
    await expect(nudge(target, at, clients, AbortSignal.abort())).rejects.toMatchObject({ reason: 'aborted' });
  });
});
