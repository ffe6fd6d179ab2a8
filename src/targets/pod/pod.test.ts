import { afterEach, beforeEach, expect, it } from 'vitest';
import { type KubeApi, startKubeApi } from '../../../test/fakes/kube-api.ts';
import { conditions, container, ended, of, podAs, type PodGiven, running } from '../../../test/fakes/kube-pod.ts';
import type { Clients } from '../../domain/clients.ts';
import type { PodState } from '../../kubernetes/state.ts';
import { observe } from './observe.ts';
import { symptoms } from './symptoms.ts';

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi({ name: 'prod' });
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

const key = 'kubernetes/prod/shop/pod/web-5fff867dcf-9kz9s';
async function seen(given: PodGiven, uid = '9a19877d'): Promise<PodState | undefined> {
  api.put('pods', podAs(given));
  return observe({ kind: 'pod', key, uid }, clients);
}
const ready: PodGiven = {
  status: { conditions: conditions('True', 300), containerStatuses: [container(running(310), { ready: true })] },
};
const ownedBy = (apiVersion: string, kind: string): PodGiven => ({
  ...ready,
  meta: { ownerReferences: [{ apiVersion, kind, name: 'db', uid: 'o', controller: true }] },
});

it.each<[PodGiven, string]>([
  [ready, 'none'],
  [ownedBy('v1', 'Node'), 'static'],
  [{ ...ready, meta: { annotations: { 'kubernetes.io/config.mirror': 'f00' } } }, 'static'],
  [ownedBy('postgresql.cnpg.io/v1', 'Cluster'), 'custom resource Cluster db (postgresql.cnpg.io/v1)'],
  [ownedBy('apps/v1', 'ReplicaSet'), 'ReplicaSet db'],
])('of %j it is told what makes it: %s', async (given, controller) => {
  expect(await seen(given)).toMatchObject({ cluster: 'prod', namespace: 'shop', controller, pod: { ready: true } });
});

it('is gone with its uid', async () => {
  expect(await seen(ready, 'another')).toBeUndefined();
  api.remove('pods', { namespace: 'shop', name: 'web-5fff867dcf-9kz9s' });
  expect(await observe({ kind: 'pod', key }, clients)).toBeUndefined();
});

it.each<[string, PodGiven, readonly string[]]>([
  ['ready', ready, []],
  ['completed', { spec: { restartPolicy: 'Never' }, status: { phase: 'Succeeded' } }, []],
  ['ill', of(container(ended(1, 9, 3))), ['container app has died (exit code 3)']],
  [
    'starting',
    { status: { phase: 'Pending' }, placed: false, meta: { creationTimestamp: new Date().toISOString() } },
    ['is starting'],
  ],
  ['being deleted', { ...ready, meta: { deletionTimestamp: new Date().toISOString() } }, ['is being deleted']],
  [
    'stuck in its deletion',
    { ...ready, meta: { deletionTimestamp: '2020-11-25T13:00:00Z' } },
    ['is stuck terminating on node node-1'],
  ],
])('%s: its symptoms', async (_what, given, phrases) => {
  const state = await seen(given);
  expect(state && symptoms(state)).toEqual(phrases);
});
