import { afterEach, beforeEach, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import type { Clients } from '../../domain/clients.ts';
import { job } from './job.ts';

const uid = 'job-uid';
const target = { kind: 'job', key: 'kubernetes/prod/shop/job/nightly', uid };
const ended = (type: string) => ({ conditions: [{ type, status: 'True', reason: 'Because' }] });

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

const put = (name: string, status: object, meta: object = {}): void =>
  void api.put('jobs.batch', { metadata: { name, namespace: 'shop', ...meta }, spec: { template: {} }, status });
const symptoms = async (): Promise<readonly string[] | undefined> => {
  const state = await job.observe(target, clients);
  return state && job.symptoms(state);
};
const rerun = { labels: { 'paramedic.dev/rerun-of': uid } };

it('is well once its rerun has completed, and not by the rerun of another Job', async () => {
  put('nightly', ended('Failed'), { uid });
  put('other', ended('Complete'), { labels: { 'paramedic.dev/rerun-of': 'other-uid' } });
  expect(await symptoms()).toEqual(['it has failed (Because)']);
  put('again', ended('Complete'), rerun);
  expect(await symptoms()).toEqual([]);
});

it('is judged by its rerun when its history limit has removed it, and is gone without one', async () => {
  expect(await symptoms()).toBeUndefined();
  put('again', {}, rerun);
  expect(await symptoms()).toEqual(['it has failed; its rerun again is not done yet']);
  put('nightly', {}, { uid: 'another instance' });
  expect(await symptoms()).toEqual(['it has failed; its rerun again is not done yet']);
});

it('shows the trouble of its own pods while it runs, and not that of one that has failed and is followed by another', async () => {
  put('nightly', { active: 1, startTime: new Date().toISOString() }, { uid });
  const labels = { 'batch.kubernetes.io/controller-uid': uid };
  const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
  const status = {
    containerStatuses: [{ name: 'main', ready: false, restartCount: 0, image: 'shop/main:1', state: waiting }],
  };
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'shop/main:1' }], restartPolicy: 'Never' };
  api.put('pods', { metadata: { name: 'a', namespace: 'shop', labels }, spec, status: { phase: 'Failed' } });
  api.put('pods', { metadata: { name: 'c', namespace: 'shop' }, spec, status });
  expect(await symptoms()).toEqual([]);
  api.put('pods', { metadata: { name: 'b', namespace: 'shop', labels }, spec, status });
  expect(await symptoms()).toEqual(['pod b: image shop/main:1 of container main can not be pulled']);
});

it('takes at most two reads', async () => {
  for (const status of [ended('Failed'), ended('Complete'), { active: 1 }]) {
    put('nightly', status, { uid });
    const before = api.requests.length;
    await symptoms();
    expect(api.requests.length - before).toBeLessThanOrEqual(2);
  }
});
