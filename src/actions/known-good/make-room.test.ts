import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubeApi, startKubeApi } from '../../../test/fakes/kube-api.ts';
import { putBudget, putDeployment, putPod, putSet } from '../../../test/fakes/put-back-pods.ts';
import type { Clients } from '../../domain/clients.ts';
import { makeRoom } from './make-room.ts';

const { signal } = new AbortController();
let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());
const target = 'kubernetes/prod/shop/deployment/web';
const evicted = () => api.writes().map(({ path }) => path.split('/').at(-2));
const room = (...before: readonly string[]) =>
  makeRoom(target, new Set(before.map((name) => `uid-${name}`)), clients, signal);
const underWay = { status: { observedGeneration: 1, updatedReplicas: 1, replicas: 3 } };
/** What finds room as soon as something is evicted. */
const schedule = (...waiting: readonly string[]): void => {
  const left = [...waiting];
  api.onWrite(() => {
    const next = left.shift();
    if (next !== undefined) putPod(api, next, { hash: 'good' });
  });
};

describe('room for the pods of the version that was put back', () => {
  it('is made of what is ill of the other version, one at a time', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad', life: 'crashes' });
    putPod(api, 'old-2', { hash: 'bad', life: 'crashes' });
    putPod(api, 'new-1', { hash: 'good', life: 'finds no room' });
    putPod(api, 'new-2', { hash: 'good', life: 'finds no room' });
    schedule('new-1', 'new-2');
    await room('old-1', 'old-2');
    expect(evicted()).toEqual(['old-1', 'old-2']);
  });

  it('is made also where the scheduler has not looked at the new ones at first', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad', life: 'crashes' });
    putPod(api, 'new-1', { hash: 'good', life: 'is not looked at' });
    putPod(api, 'new-2', { hash: 'good' });
    setTimeout(() => putPod(api, 'new-1', { hash: 'good', life: 'finds no room' }), 700);
    schedule('new-1');
    await room('old-1');
    expect(evicted()).toEqual(['old-1']);
  });

  it('is not made of what is ready, of the good version, or came with it', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad' });
    putPod(api, 'old-2', { hash: 'good', life: 'hangs' });
    putPod(api, 'new-0', { hash: 'bad', life: 'crashes' });
    putPod(api, 'new-1', { hash: 'good', life: 'finds no room' });
    setTimeout(() => putPod(api, 'new-1', { hash: 'good' }), 700);
    await room('old-1', 'old-2');
    expect(evicted()).toEqual([]);
  });

  it('is not made of what says that it is not to be touched', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad', life: 'crashes', annotations: { 'paramedic.dev/mode': 'none' } });
    putPod(api, 'old-2', { hash: 'bad', life: 'crashes' });
    putPod(api, 'new-1', { hash: 'good', life: 'finds no room' });
    putPod(api, 'new-2', { hash: 'good' });
    schedule('new-1');
    await room('old-1', 'old-2');
    expect(evicted()).toEqual(['old-2']);
  });

  it('waits while one is leaving', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad', life: 'crashes' });
    putPod(api, 'old-2', { hash: 'bad', life: 'is leaving' });
    putPod(api, 'new-1', { hash: 'good', life: 'finds no room' });
    setTimeout(() => putPod(api, 'new-1', { hash: 'good' }), 700);
    await room('old-1', 'old-2');
    expect(evicted()).toEqual([]);
  });

  it('is not made where there is enough, where it is rolled out, or where it is gone', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad', life: 'crashes' });
    putPod(api, 'new-1', { hash: 'good' });
    await room('old-1');
    putDeployment(api);
    await room('old-1', 'new-1');
    api.remove('deployments.apps', { namespace: 'shop', name: 'web' });
    await room('old-1');
    expect(evicted()).toEqual([]);
  });

  it('is no matter of a StatefulSet, which makes a new one in the place of the old one', async () => {
    putSet(api, 'statefulsets.apps');
    await makeRoom('kubernetes/prod/shop/statefulset/web', new Set(), clients, signal);
    expect(api.requests).toEqual([]);
  });

  it('may be refused without a failure, and asked for again', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad', life: 'crashes' });
    putPod(api, 'new-1', { hash: 'good', life: 'finds no room' });
    putPod(api, 'new-2', { hash: 'good' });
    putBudget(api, 0);
    setTimeout(() => putBudget(api, 1), 600);
    schedule('new-1');
    await room('old-1');
    expect(evicted().length).toBeGreaterThan(1);
    expect(api.get('pods', { namespace: 'shop', name: 'old-1' })).toBeUndefined();
  });

  it('ends with the signal', async () => {
    putDeployment(api, underWay);
    putPod(api, 'old-1', { hash: 'bad' });
    putPod(api, 'new-1', { hash: 'good', life: 'finds no room' });
    const abort = new AbortController();
    const ended = makeRoom(target, new Set(['uid-old-1']), clients, abort.signal);
    setTimeout(() => abort.abort(), 100);
    await expect(ended).rejects.toMatchObject({ reason: 'aborted' });
  });
});
