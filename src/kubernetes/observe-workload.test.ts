import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubeApi, startKubeApi } from '../../test/fakes/kube-api.ts';
import type { Clients } from '../domain/clients.ts';
import { observeWorkload } from './observe-workload.ts';
import type { WorkloadState } from './state.ts';
import { symptoms } from './workload.ts';

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi({ name: 'prod' });
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

type Kind = WorkloadState['kind'];
const observe = (kind: Kind, more: { readonly uid?: string } = {}) =>
  observeWorkload(kind)({ kind, key: `kubernetes/prod/shop/${kind}/web`, ...more }, clients);

const namespace = 'shop';
const selector = { matchLabels: { app: 'web' } };
const template = {
  metadata: {
    labels: { app: 'web' },
    annotations: { 'kubectl.kubernetes.io/restartedAt': '2020-11-25T13:00:00Z' },
  },
  spec: { containers: [{ name: 'app', image: 'shop/web:1' }] },
};
const web = { name: 'web', namespace, uid: 'web-uid', generation: 4 };
const spec = { replicas: 2, selector, template };
const status = { observedGeneration: 4, updatedReplicas: 2, availableReplicas: 2 };

const owner = (kind: string, name: string, uid: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid, controller: true }],
});
function putPod(
  name: string,
  meta: object,
  more: { readonly ready?: boolean; readonly phase?: string; readonly startedAt?: string } = {},
): void {
  const { ready = true, phase = 'Running', startedAt = '2020-11-25T13:00:00Z' } = more;
  const running = { running: { startedAt } };
  api.put('pods', {
    metadata: { name, namespace, labels: { app: 'web', 'pod-template-hash': 'f00' }, ...meta },
    spec: { nodeName: 'node-1', containers: template.spec.containers },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2020-11-25T13:00:01Z' }],
      containerStatuses: [{ name: 'app', ready, restartCount: 0, state: running }],
    },
  });
}

const rolling = (maxUnavailable: number | string, maxSurge: number | string = 0) => ({
  type: 'RollingUpdate',
  rollingUpdate: { maxUnavailable, maxSurge },
});
it.each<[string, Kind, object, object, number | undefined]>([
  ['a part, rounded down', 'deployment', { replicas: 7, strategy: rolling('25%', '25%') }, {}, 1],
  ['a number', 'deployment', { replicas: 7, strategy: rolling(3) }, {}, 3],
  ['all of them', 'deployment', { replicas: 4, strategy: rolling('100%') }, {}, 4],
  ['none beside new ones', 'deployment', { replicas: 2, strategy: rolling('25%', '25%') }, {}, 0],
  ['one, where it could not begin else', 'deployment', { replicas: 2, strategy: rolling('25%') }, {}, 1],
  ['all that Recreate stops, which has no number', 'deployment', { strategy: { type: 'Recreate' } }, {}, undefined],
  ['a part, rounded up', 'daemonset', { updateStrategy: rolling('25%') }, { desiredNumberScheduled: 5 }, 2],
  ['one at a time, which has no number', 'statefulset', { replicas: 3 }, {}, undefined],
  ['a part, rounded up', 'statefulset', { replicas: 5, updateStrategy: rolling('25%') }, {}, 2],
])('how many of its pods a roll-out may stop: %s (%s)', async (_what, kind, more, counts, expected) => {
  const at = {
    deployment: 'deployments.apps',
    statefulset: 'statefulsets.apps',
    daemonset: 'daemonsets.apps',
  } as const;
  api.put(at[kind], { metadata: web, spec: { selector, template, ...more }, status: { ...status, ...counts } });
  expect((await observe(kind))?.maxUnavailable).toBe(expected);
});

describe('a Deployment is observed', () => {
  it('with its own pods, in two requests', async () => {
    const metadata = {
      ...web,
      labels: { 'argocd.argoproj.io/instance': 'shop' },
      managedFields: [
        { manager: 'argocd-controller', time: '2020-11-25T13:00:00Z', fieldsV1: { 'f:spec': { 'f:template': {} } } },
      ],
    };
    api.put('deployments.apps', { metadata, spec, status });
    putPod('web-f00-1', owner('ReplicaSet', 'web-f00', 'rs'));
    putPod('web-f00-2', owner('ReplicaSet', 'web-f00', 'rs'), { ready: false });
    // Of others, which the selector meets as well.
    putPod('web-0', owner('StatefulSet', 'web', 'sts'));
    putPod('bare', {});
    // Ended: the ReplicaSet has made another one.
    putPod('web-f00-0', owner('ReplicaSet', 'web-f00', 'rs'), { phase: 'Failed' });

    const state = await observe('deployment', { uid: 'web-uid' });
    expect(state).toMatchObject({
      kind: 'deployment',
      cluster: 'prod',
      namespace: 'shop',
      name: 'web',
      uid: 'web-uid',
      desired: 2,
      ready: 1,
      updated: 2,
      available: 2,
      present: 2,
      ill: 1,
      observed: true,
      paused: false,
      strategy: 'RollingUpdate',
      stalled: '',
      restartedAt: '2020-11-25T13:00:00Z',
      templateHash: expect.stringMatching(/^[0-9a-f]{32}$/),
      owners: [{ manager: 'Argo CD', name: 'application shop' }],
      templateWriter: { manager: 'argocd-controller', at: Date.parse('2020-11-25T13:00:00Z') },
      pods: [{ name: 'web-f00-2' }, { name: 'web-f00-1' }],
    });
    expect(state).not.toHaveProperty('replicasWriter');
    expect(api.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /apis/apps/v1/namespaces/shop/deployments/web',
      'GET /api/v1/namespaces/shop/pods',
    ]);
    expect(api.requests[1]?.query).toMatchObject({ labelSelector: 'app=web' });
  });

  it('with the pods of a ReplicaSet that it adopted, and not of another one that the selector meets', async () => {
    api.put('deployments.apps', { metadata: web, spec, status });
    const set = (name: string, uid: string, of: string) =>
      api.put('replicasets.apps', {
        metadata: {
          name,
          namespace,
          uid,
          labels: { app: 'web', 'pod-template-hash': 'f00' },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: of, controller: true }],
        },
        spec: { selector, template },
      });
    set('shop-web-f00', 'adopted', 'web-uid');
    set('web-extra-f00', 'rs2', 'another');
    putPod('shop-web-f00-1', owner('ReplicaSet', 'shop-web-f00', 'adopted'));
    putPod('web-f00-1', owner('ReplicaSet', 'web-f00', 'rs'));
    putPod('web-extra-f00-1', owner('ReplicaSet', 'web-extra-f00', 'rs2'));
    const state = await observe('deployment');
    expect(state?.pods.map(({ name }) => name).toSorted()).toEqual(['shop-web-f00-1', 'web-f00-1']);
    expect(state && symptoms(state)).toEqual([]);
    expect(api.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['web', 'pods', 'replicasets']);
  });

  it('as gone, when there is none, or another instance has its name', async () => {
    expect(await observe('deployment')).toBeUndefined();
    api.put('deployments.apps', { metadata: web, spec, status });
    expect(await observe('deployment', { uid: 'another' })).toBeUndefined();
  });

  it.each([
    [
      [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'has timed out' }],
      'its rollout is stuck (ProgressDeadlineExceeded)',
    ],
    [
      [
        { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: small' },
      ],
      'its pods can not be created (exceeded quota: small)',
    ],
    [[{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }], ''],
  ])('with what its controller says: %j', async (conditions, stalled) => {
    api.put('deployments.apps', { metadata: web, spec, status: { ...status, conditions } });
    expect(await observe('deployment')).toMatchObject({ stalled });
    // Then it speaks of the specification before.
    api.put('deployments.apps', { metadata: { ...web, generation: 5 }, spec, status: { ...status, conditions } });
    expect(await observe('deployment')).toMatchObject({ stalled: '', observed: false });
  });

  it('with 20 digests at most, the ill ones first', async () => {
    api.put('deployments.apps', { metadata: web, spec: { ...spec, replicas: 30 }, status });
    for (let i = 0; i < 30; i += 1) {
      putPod(`web-f00-${i}`, owner('ReplicaSet', 'web-f00', 'rs'), { ready: i < 8 });
    }
    const state = await observe('deployment');
    expect(state).toMatchObject({ ill: 22, present: 30, ready: 8 });
    expect(state?.pods.map(({ ready }) => ready)).toEqual(Array.from({ length: 20 }, () => false));
    expect(state && symptoms(state)).toHaveLength(22 + 1);
  });
});

describe('the other workloads are observed', () => {
  it('a StatefulSet with the digests of those on their way, beside many that are ill', async () => {
    api.put('statefulsets.apps', { metadata: web, spec: { ...spec, replicas: 40 }, status });
    const own = owner('StatefulSet', 'web', 'web-uid');
    for (let i = 0; i < 40; i += 1) putPod(`web-${i}`, own, { ready: i >= 25 });
    const deletionTimestamp = new Date().toISOString();
    for (let i = 40; i < 52; i += 1) putPod(`web-${i}`, { ...own, deletionTimestamp });
    const state = await observe('statefulset');
    expect(state).toMatchObject({ ill: 25, present: 40 });
    expect(state?.pods.map(({ terminating, ready }) => [terminating, ready])).toEqual([
      ...Array.from({ length: 10 }, () => [false, false]),
      ...Array.from({ length: 10 }, () => [true, false]),
    ]);
  });

  it('a workload with when the newest pod of all was made, of many that are ill', async () => {
    api.put('deployments.apps', { metadata: web, spec: { ...spec, replicas: 25 }, status });
    const own = owner('ReplicaSet', 'web-f00', 'set-uid');
    for (let i = 0; i < 25; i += 1) {
      const creationTimestamp = new Date(Date.parse('2020-11-25T13:00:00Z') + i * 1_000).toISOString();
      putPod(`web-f00-${i + 10}`, { ...own, uid: `uid-${i}`, creationTimestamp }, { ready: false });
    }
    const before = await observe('deployment');
    expect(before?.newestPodAt).toBe(Date.parse('2020-11-25T13:00:24Z'));
    expect(before?.pods).toHaveLength(20);
    expect(before?.pods.map(({ uid }) => uid)).not.toContain('uid-24');
  });

  it('a workload with those that start before those that are well', async () => {
    api.put('statefulsets.apps', { metadata: web, spec: { ...spec, replicas: 30 }, status });
    const own = owner('StatefulSet', 'web', 'web-uid');
    for (let i = 0; i < 29; i += 1) putPod(`web-${i}`, own);
    putPod('web-29', own, { phase: 'Pending', ready: false, startedAt: new Date().toISOString() });
    const state = await observe('statefulset');
    expect(state).toMatchObject({
      ill: 0,
      starting: 1,
      pods: expect.arrayContaining([expect.objectContaining({ name: 'web-29', trouble: '' })]),
    });
  });

  it('a DaemonSet without the pods on nodes that are not to run it', async () => {
    const counted = {
      observedGeneration: 4,
      desiredNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
      numberMisscheduled: 1,
    };
    api.put('daemonsets.apps', { metadata: web, spec: { selector, template }, status: counted });
    putPod('web-a', owner('DaemonSet', 'web', 'web-uid'));
    putPod('web-b', owner('DaemonSet', 'web', 'web-uid'));
    const state = await observe('daemonset');
    expect(state && symptoms(state)).toEqual(['pod missing (1 of 1)']);
  });

  it('a StatefulSet up to its partition, with the pods it controls', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    api.put('statefulsets.apps', {
      metadata: web,
      spec: { ...spec, updateStrategy },
      status: { ...status, updatedReplicas: 1 },
    });
    putPod('web-0', owner('StatefulSet', 'web', 'web-uid'));
    putPod('web-1', owner('StatefulSet', 'web', 'web-uid'));
    putPod('web-7', owner('StatefulSet', 'web', 'one before it'));
    const state = await observe('statefulset');
    expect(state).toMatchObject({ desired: 2, updated: 1, held: 1, present: 2, ready: 2 });
    expect(state && symptoms(state)).toEqual([]);
  });

  it('a DaemonSet by the nodes that are to run it', async () => {
    const counted = { observedGeneration: 4, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 1 };
    api.put('daemonsets.apps', { metadata: web, spec: { selector, template }, status: counted });
    putPod('web-a', owner('DaemonSet', 'web', 'web-uid'));
    const state = await observe('daemonset');
    expect(state && symptoms(state)).toEqual(['pod missing (1 of 1)', 'its rollout is under way: 1 of 2 updated']);
    api.put('daemonsets.apps', {
      metadata: web,
      spec: { selector, template, updateStrategy: { type: 'OnDelete' } },
      status: counted,
    });
    const byHand = await observe('daemonset');
    expect(byHand && symptoms(byHand)).toEqual(['pod missing (1 of 1)']);
  });

  it('a DaemonSet that nobody has counted the nodes for yet is not well', async () => {
    api.put('daemonsets.apps', { metadata: web, spec: { selector, template } });
    const state = await observe('daemonset');
    expect(state && symptoms(state)).not.toEqual([]);
  });
});
