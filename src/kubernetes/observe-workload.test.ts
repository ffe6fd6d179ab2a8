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
function putPod(name: string, meta: object, more: { readonly ready?: boolean; readonly phase?: string } = {}): void {
  const { ready = true, phase = 'Running' } = more;
  const running = { running: { startedAt: '2020-11-25T13:00:00Z' } };
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
    putPod('web-extra-f00-1', owner('ReplicaSet', 'web-extra-f00', 'rs2'));
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
