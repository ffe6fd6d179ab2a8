import { afterEach, beforeEach, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import { findNode } from './find-node.ts';

let api: KubeApi;
beforeEach(async () => void (api = await startKubeApi()));
afterEach(() => api.close());

const put = (name: string, type: string, ...addresses: readonly string[]) =>
  api.put('nodes', { metadata: { name }, status: { addresses: addresses.map((address) => ({ type, address })) } });
const find = (by: Record<string, string>) =>
  findNode({ kind: 'node', platform: 'prod', by, phrase: 'node with address 10.0.0.5' }, api.client);

it.each([
  [{ name: 'worker-1' }],
  [{ address: '10.0.0.5' }],
  [{ address: 'fd00::5' }],
  [{ name: 'w1.example.com', address: '10.0.0.5' }],
])('a node is found by %j', async (by) => {
  put('worker-1', 'InternalIP', '10.0.0.5', 'fd00::5');
  put('worker-2', 'InternalIP', '10.0.0.6');
  expect(await find(by)).toMatchObject({ kind: 'node', meta: { name: 'worker-1' } });
});

it('a node is found by its host name', async () => {
  put('worker-1', 'Hostname', 'w1');
  expect(await find({ name: 'w1' })).toMatchObject({ meta: { name: 'worker-1' } });
});

it('an address from outside of the cluster is none of a node', async () => {
  put('worker-1', 'ExternalIP', '10.0.0.5');
  expect(await find({ address: '10.0.0.5' })).toEqual({
    ok: false,
    reason: 'there is no node with address 10.0.0.5 among the 1 node of cluster prod',
  });
});

it('several of one address are refused', async () => {
  put('worker-1', 'InternalIP', '10.0.0.5');
  put('worker-2', 'InternalIP', '10.0.0.5');
  expect(await find({ address: '10.0.0.5' })).toEqual({
    ok: false,
    reason: 'node with address 10.0.0.5 in cluster prod could be any of: worker-1, worker-2',
  });
});
