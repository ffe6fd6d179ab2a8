import { afterEach, beforeEach, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import type { Clients } from '../../domain/clients.ts';
import type { NodeState } from '../../kubernetes/node-state.ts';
import { node } from './node.ts';

let api: KubeApi;
let clients: Clients;
const key = 'kubernetes/prod/node/worker-1';
const condition = (status: string, lastTransitionTime: string) => ({ type: 'Ready', status, lastTransitionTime });

beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

const put = (...conditions: readonly object[]) =>
  api.put('nodes', { metadata: { name: 'worker-1', uid: 'first' }, spec: {}, status: { conditions } });
const look = (uid?: string) => node.observe({ kind: 'node', key, ...(uid !== undefined && { uid }) }, clients);
async function state(): Promise<NodeState> {
  const seen = await look('first');
  if (seen === undefined) throw new Error('it is gone');
  return seen;
}

it('a node is observed with the pods on it, and is well when it is ready', async () => {
  put(condition('True', '2026-01-01T00:00:00Z'));
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o', controller: true };
  for (const nodeName of ['worker-1', 'worker-2']) {
    const metadata = { name: `web-${nodeName}`, uid: `on-${nodeName}`, ownerReferences: [owner] };
    api.put('pods', { metadata, spec: { nodeName, containers: [] } });
  }
  expect(await state()).toMatchObject({ cluster: 'prod', name: 'worker-1', ready: true, pods: ['on-worker-1'] });
  expect(node.symptoms(await state())).toEqual([]);
});

it('a node that joined again under its name is another one', async () => {
  put();
  expect(await look('first')).toBeDefined();
  expect(await look('second')).toBeUndefined();
  api.remove('nodes', { namespace: '', name: 'worker-1' });
  expect(await look()).toBeUndefined();
});

it('a node that was away between two looks is known by the time, and is not settled yet', async () => {
  put(condition('True', '2026-01-01T00:00:00Z'));
  const before = await state();
  put(condition('False', '2026-01-01T00:10:00Z'));
  expect(node.symptoms(await state())).toEqual(['not ready']);
  put(condition('True', '2026-01-01T00:20:00Z'));
  const after = await state();
  expect(node.instance(after)).not.toBe(node.instance(before));
  const now = Date.parse('2026-01-01T00:20:30Z');
  expect([node.unsettled(after, now, 60_000), node.unsettled(before, now, 60_000)]).toEqual([true, false]);
});

it('is not said to be gone by an API that does not answer', async () => {
  api.fault({ kind: 'reset', times: 9 });
  await expect(look('first')).rejects.toMatchObject({ name: 'ActionError', retryable: true });
});
