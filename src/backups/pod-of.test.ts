import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../test/fakes/failure-of.ts';
import { type KubeApi, startKubeApi } from '../../test/fakes/kube-api.ts';
import { conditions, podAs } from '../../test/fakes/kube-pod.ts';
import type { Clients } from '../domain/clients.ts';
import { mayChange, mayDrill, podOf } from './pod-of.ts';
import type { ServerPlace } from './server-place.ts';

let api: KubeApi;
let clients: Clients;
const { signal } = new AbortController();
beforeEach(async () => {
  api = await startKubeApi({ name: 'prod', protectedNamespaces: ['vault'] });
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

const setKey = 'kubernetes/prod/shop/statefulset/db';
const deploymentKey = 'kubernetes/prod/shop/deployment/db';
const labels = { app: 'db' };
function putWorkload(resource: 'statefulsets.apps' | 'deployments.apps'): string {
  const spec = { replicas: 1, selector: { matchLabels: labels }, template: { spec: { containers: [] } } };
  return api.put(resource, { metadata: { name: 'db', namespace: 'shop' }, spec }).metadata.uid;
}
interface Given {
  readonly ready?: string;
  readonly containers?: readonly string[];
  readonly going?: true;
}
function putPod(
  name: string,
  owner: object | undefined,
  { ready = 'True', containers = ['db'], going }: Given = {},
): void {
  const meta = {
    name,
    uid: `uid-${name}`,
    labels: { ...labels, 'pod-template-hash': 'abc' },
    ...(owner && { ownerReferences: [{ apiVersion: 'apps/v1', controller: true, name: 'db', ...owner } as never] }),
    ...(going && { deletionTimestamp: new Date().toISOString() }),
  };
  const spec = { containers: containers.map((one) => ({ name: one })) };
  api.put('pods', podAs({ meta, spec, status: { conditions: conditions(ready, 60) } }));
}
const found = async (place: Partial<ServerPlace>): Promise<string> => {
  const { place: at } = await podOf({ ...place, workload: place.workload ?? setKey }, clients, signal);
  return `${at.namespace}/${at.name} ${at.container}`;
};
const refused = async (place: ServerPlace): Promise<string> => (await failureOf(found(place))).message;

describe('the pod of a StatefulSet', () => {
  it('is its first, unless another one is named', async () => {
    const uid = putWorkload('statefulsets.apps');
    for (const name of ['db-0', 'db-1']) putPod(name, { kind: 'StatefulSet', uid });
    expect(await found({})).toBe('shop/db-0 db');
    expect(await found({ pod: 'db-1' })).toBe('shop/db-1 db');
    expect(await refused({ pod: 'db-2' })).toBe(`${setKey} has no pod db-2`);
  });

  it('is none of another workload with the same labels', async () => {
    putWorkload('statefulsets.apps');
    putPod('db-0', { kind: 'StatefulSet', uid: 'another' });
    expect(await refused({})).toBe(`${setKey} has no pod db-0`);
  });

  it.each<[string, Given]>([
    ['not ready', { ready: 'False' }],
    ['on its way out', { going: true }],
  ])('is none while it is %s', async (_what, given) => {
    const uid = putWorkload('statefulsets.apps');
    putPod('db-0', { kind: 'StatefulSet', uid }, given);
    putPod('db-1', { kind: 'StatefulSet', uid });
    expect(await refused({})).toBe(`${setKey}: its pod db-0 is not ready`);
  });
});

describe('the pod of a Deployment', () => {
  beforeEach(() => {
    putWorkload('deployments.apps');
  });
  const ofSet = { kind: 'ReplicaSet', name: 'db-abc', uid: 'rs' };

  it('is the only one that is ready', async () => {
    putPod('db-abc-1', ofSet);
    putPod('db-abc-2', ofSet, { ready: 'False' });
    expect(await found({ workload: deploymentKey })).toBe('shop/db-abc-1 db');
  });

  it('is none where none is ready', async () => {
    putPod('db-abc-1', ofSet, { ready: 'False' });
    expect(await refused({ workload: deploymentKey })).toBe(`${deploymentKey} has no pod that is ready`);
  });

  it('is none where there are several, of which none is named', async () => {
    for (const name of ['db-abc-1', 'db-abc-2']) putPod(name, ofSet);
    expect(await refused({ workload: deploymentKey })).toBe(
      `${deploymentKey} has 2 pods that are ready, and each may hold something else: db-abc-1, db-abc-2; say which with "pod"`,
    );
    expect(await found({ workload: deploymentKey, pod: 'db-abc-2' })).toBe('shop/db-abc-2 db');
  });
});

it('a pod may be named by itself, and a container in it', async () => {
  const workload = 'kubernetes/prod/shop/pod/db';
  expect(await refused({ workload })).toBe('there is no pod shop/db in cluster prod');
  putPod('db', undefined, { containers: ['db', 'proxy'] });
  expect(await refused({ workload })).toBe(
    `pod db of ${workload} has the containers db, proxy: say which with "pod_container"`,
  );
  expect(await found({ workload, pod_container: 'db' })).toBe('shop/db db');
  expect(await refused({ workload, pod_container: 'web' })).toBe(
    `pod db of ${workload} has the containers db, proxy: and none that is called web`,
  );
});

it('what is not there is told', async () => {
  expect(await refused({})).toBe('there is no statefulset shop/db in cluster prod');
  expect(await refused({ workload: 'kubernetes/other/shop/pod/db' })).toBe(
    'kubernetes cluster other is not configured',
  );
});

it('nothing is changed in a namespace that is protected', () => {
  expect(mayChange({ workload: 'kubernetes/prod/vault/pod/db' }, clients)).toEqual({
    ok: false,
    reason: 'nothing was touched: the namespace vault is protected in the configuration of cluster prod',
  });
  expect(mayChange({ workload: setKey }, clients).ok).toBe(true);
  expect(mayChange({ container: 'docker/edge-1/container/db' }, clients).ok).toBe(true);
});

it('a drill makes a pod only where policies are said to be heeded, and the namespace is open', () => {
  const drilled = (workload: string, enforcesPolicies: boolean) => {
    const by = { ...api.client, enforcesPolicies };
    return mayDrill({ workload }, { docker: new Map(), kubernetes: new Map([['prod', by]]) });
  };
  expect(drilled(setKey, true)).toMatchObject({ ok: true });
  expect(drilled('kubernetes/prod/vault/pod/db', true)).toMatchObject({ ok: false });
  expect(drilled(setKey, false)).toEqual({
    ok: false,
    reason:
      'nothing was touched: a pod of a drill must reach nothing, and the configuration of cluster prod does not say that its network heeds NetworkPolicies; where it does, say network_policies: enforced there',
  });
  expect(mayDrill({ workload: setKey }, clients)).toMatchObject({ ok: false });
});
