import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import type { Clients } from '../domain/clients.ts';
import type { Candidate } from '../domain/target.ts';
import { confirmKubernetes } from './confirm.ts';
import type { KubernetesKind } from './labels.ts';

let api: KubeApi;
let clients: Clients;

beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([[api.name, api.client]]) };
});
afterEach(() => api.close());

const candidate = (kind: KubernetesKind, by: Record<string, string>): Candidate => ({
  kind,
  platform: 'prod',
  by,
  phrase: `${kind} "${Object.values(by).join('/')}"`,
});
const inShop = (kind: KubernetesKind, name: string): Candidate => candidate(kind, { namespace: 'shop', name });
const confirm = (one: Candidate) => confirmKubernetes(one, clients);
const refusal = async (one: Candidate): Promise<string> => {
  const answer = await confirm(one);
  if (!('ok' in answer)) throw new Error(`not refused: ${answer.key}`);
  return answer.reason;
};

type Fields = Record<string, unknown>;
const app = { app: 'checkout' };
const template = (image = 'shop/checkout:1') => ({
  metadata: { labels: app },
  spec: { containers: [{ name: 'app', image }] },
});
const workload = (name: string, meta: Fields = {}, image?: string) => ({
  metadata: { name, namespace: 'shop', ...meta },
  spec: { selector: { matchLabels: app }, template: template(image) },
});
const hash = '7d9c5b6f4d';
const owner = (apiVersion: string, kind: string, name: string, uid = '1') => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
});
const ofReplicaSet = owner('apps/v1', 'ReplicaSet', `checkout-${hash}`, 'rs');
const podOf = (name: string, meta: Fields = {}) => ({
  metadata: { name, namespace: 'shop', labels: { ...app, 'pod-template-hash': hash }, ...meta },
  spec: { nodeName: 'worker-1', containers: [{ name: 'app', image: 'shop/checkout:1' }] },
});
const checkoutPod = `checkout-${hash}-x2x9k`;

describe('an object is confirmed', () => {
  const job = { metadata: { name: 'a', namespace: 'shop' }, spec: { template: template() } };
  it.each([
    ['deployment', 'deployments.apps', workload('a')],
    ['statefulset', 'statefulsets.apps', workload('a')],
    ['daemonset', 'daemonsets.apps', workload('a')],
    ['job', 'jobs.batch', job],
    ['cronjob', 'cronjobs.batch', { ...job, spec: { schedule: '@daily', jobTemplate: { spec: job.spec } } }],
    ['persistentvolumeclaim', 'persistentvolumeclaims', { ...job, spec: {} }],
    [
      'horizontalpodautoscaler',
      'horizontalpodautoscalers.autoscaling',
      { ...job, spec: { scaleTargetRef: { kind: 'Deployment', name: 'a' }, maxReplicas: 3 } },
    ],
    ['service', 'services', { ...job, spec: { selector: app } }],
  ] as const)('a %s, by one read', async (kind, resource, object) => {
    const { uid } = api.put(resource, object).metadata;
    expect(await confirm(inShop(kind, 'a'))).toEqual({ kind, key: `kubernetes/prod/shop/${kind}/a`, uid });
    expect(api.requests).toHaveLength(1);
  });

  it('and is refused when it is not there', async () => {
    expect(await refusal(inShop('deployment', 'a'))).toBe('there is no deployment "shop/a" in cluster prod');
  });

  it('a ReplicaSet as its Deployment, gone or not', async () => {
    api.put('deployments.apps', workload('checkout'));
    const named = candidate('deployment', { namespace: 'shop', replicaset: `checkout-${hash}` });
    expect(await confirm(named)).toMatchObject({ key: 'kubernetes/prod/shop/deployment/checkout' });
    api.put('replicasets.apps', workload(`checkout-${hash}`, owner('argoproj.io/v1alpha1', 'Rollout', 'checkout')));
    expect(await refusal(named)).toContain('belongs to no Deployment');
  });
});

describe('a pod climbs', () => {
  it('to its Deployment, by two reads', async () => {
    api.put('deployments.apps', workload('checkout'));
    api.put('pods', podOf(checkoutPod, ofReplicaSet));
    expect(await confirm(inShop('pod', checkoutPod))).toMatchObject({
      kind: 'deployment',
      key: 'kubernetes/prod/shop/deployment/checkout',
    });
    expect(api.requests.map(({ path }) => path.split('/').at(-2))).toEqual(['pods', 'deployments']);
  });

  it('through its ReplicaSet, when the Deployment of that name selects other pods', async () => {
    const other = { matchLabels: { app: 'other' } };
    api.put('deployments.apps', { ...workload('checkout'), spec: { selector: other, template: template() } });
    api.put('deployments.apps', workload('renamed', { uid: 'd' }));
    api.put(
      'replicasets.apps',
      workload(`checkout-${hash}`, { uid: 'rs', ...owner('apps/v1', 'Deployment', 'renamed', 'd') }),
    );
    api.put('pods', podOf(checkoutPod, ofReplicaSet));
    expect(await confirm(inShop('pod', checkoutPod))).toMatchObject({ key: 'kubernetes/prod/shop/deployment/renamed' });
  });

  it.each([
    ['StatefulSet', 'apps/v1', 'statefulsets.apps', 'statefulset'],
    ['DaemonSet', 'apps/v1', 'daemonsets.apps', 'daemonset'],
    ['Job', 'batch/v1', 'jobs.batch', 'job'],
  ] as const)('to its %s', async (kind, version, resource, target) => {
    api.put(resource, workload('db', { uid: 'db', ...owner('batch/v1', 'CronJob', 'nightly') }));
    api.put('pods', podOf('db-0', owner(version, kind, 'db', 'db')));
    expect(await confirm(inShop('pod', 'db-0'))).toEqual({
      kind: target,
      key: `kubernetes/prod/shop/${target}/db`,
      uid: 'db',
    });
  });

  it('to a Deployment that an operator owns, which stays a Deployment', async () => {
    api.put('deployments.apps', workload('checkout', owner('example.com/v1', 'Shop', 'shop')));
    api.put('pods', podOf(checkoutPod, ofReplicaSet));
    expect(await confirm(inShop('pod', checkoutPod))).toMatchObject({ kind: 'deployment' });
  });

  it('not to another instance of what made it', async () => {
    api.put('statefulsets.apps', workload('db', { uid: 'new' }));
    api.put('pods', podOf('db-0', owner('apps/v1', 'StatefulSet', 'db', 'old')));
    expect(await refusal(inShop('pod', 'db-0'))).toBe('pod "shop/db-0" is left over: its StatefulSet db is gone');
  });
});

describe('a pod is itself the target', () => {
  it.each<[string, Fields, string]>([
    ['bare', {}, 'it is a bare pod: deleting it is for ever; a human has to do it'],
    [
      'static',
      owner('v1', 'Node', 'worker-1'),
      'it is a static pod, made from a file on node worker-1; a human has to do it',
    ],
    [
      'mirrored',
      { annotations: { 'kubernetes.io/config.mirror': 'x' } },
      'it is a static pod, made from a file on node worker-1; a human has to do it',
    ],
    [
      "an operator's",
      owner('postgresql.cnpg.io/v1', 'Cluster', 'db'),
      'it belongs to Cluster db (postgresql.cnpg.io/v1), whose operator looks after it; a human has to do it',
    ],
    [
      "a foreign StatefulSet's",
      owner('apps.kruise.io/v1beta1', 'StatefulSet', 'db'),
      'it belongs to StatefulSet db (apps.kruise.io/v1beta1), whose operator looks after it; a human has to do it',
    ],
    [
      "a ReplicationController's",
      owner('v1', 'ReplicationController', 'db'),
      'ReplicationController db makes it again under another name, so nothing can tell whether that helped; a human has to do it',
    ],
  ])('when it is %s', async (_what, meta, modeReason) => {
    const { uid } = api.put('pods', podOf('db-0', { ...meta })).metadata;
    expect(await confirm(inShop('pod', 'db-0'))).toEqual({
      kind: 'pod',
      key: 'kubernetes/prod/shop/pod/db-0',
      uid,
      mode: 'observe',
      modeReason,
    });
  });

  it('when its ReplicaSet belongs to an operator, or to nobody', async () => {
    api.put('pods', podOf(checkoutPod, ofReplicaSet));
    api.put(
      'replicasets.apps',
      workload(`checkout-${hash}`, { uid: 'rs', ...owner('argoproj.io/v1alpha1', 'Rollout', 'checkout') }),
    );
    expect(await confirm(inShop('pod', checkoutPod))).toMatchObject({ kind: 'pod', mode: 'observe' });
    api.put('replicasets.apps', workload(`checkout-${hash}`, { uid: 'rs' }));
    expect(await confirm(inShop('pod', checkoutPod))).toMatchObject({
      kind: 'pod',
      mode: 'observe',
      modeReason: `ReplicaSet checkout-${hash} makes it again under another name, so nothing can tell whether that helped; a human has to do it`,
    });
  });
});

describe('a pod that is gone', () => {
  it.each([
    ['deployments.apps', 'checkout', checkoutPod, 'deployment/checkout'],
    ['statefulsets.apps', 'db', 'db-11', 'statefulset/db'],
    ['daemonsets.apps', 'agent', 'agent-x2x9k', 'daemonset/agent'],
    ['jobs.batch', 'nightly-29245677', 'nightly-29245677-x2x9k', 'job/nightly-29245677'],
  ] as const)('is found by its name in %s', async (resource, name, pod, key) => {
    api.put(resource, workload(name));
    expect(await confirm(inShop('pod', pod))).toMatchObject({ key: `kubernetes/prod/shop/${key}` });
  });

  it('is refused when nothing, or too much, could have made it', async () => {
    expect(await refusal(inShop('pod', checkoutPod))).toBe(
      `pod "shop/${checkoutPod}" is gone, and so is deployment checkout, daemonset checkout-${hash}, job checkout-${hash}`,
    );
    expect(await refusal(inShop('pod', 'debug'))).toBe(
      'pod "shop/debug" is gone, and its name does not tell what made it',
    );
    api.put('deployments.apps', workload('checkout'));
    api.put('daemonsets.apps', workload(`checkout-${hash}`));
    expect(await refusal(inShop('pod', checkoutPod))).toBe(
      `pod "shop/${checkoutPod}" is gone, and could have been of any of: deployment checkout, daemonset checkout-${hash}`,
    );
  });
});

describe('the object itself narrows', () => {
  const marked = (mode: string) => ({ annotations: { 'paramedic.dev/mode': mode } });
  it.each<[string, Fields]>([
    ['observe', { mode: 'observe' }],
    ['act', {}],
    [
      'Off',
      {
        mode: 'observe',
        modeReason: 'its annotation paramedic.dev/mode is "Off", which is none of act, approve, observe, none',
      },
    ],
  ])('by %s', async (mode, held) => {
    const { uid } = api.put('deployments.apps', workload('a', marked(mode))).metadata;
    expect(await confirm(inShop('deployment', 'a'))).toEqual({
      kind: 'deployment',
      key: 'kubernetes/prod/shop/deployment/a',
      uid,
      ...held,
    });
  });

  it('by none, on the workload or on its pod', async () => {
    api.put('deployments.apps', workload('checkout', marked('none')));
    const because = 'is never acted on: the annotation paramedic.dev/mode of deployment checkout is none';
    expect(await refusal(inShop('deployment', 'checkout'))).toBe(`deployment "shop/checkout" ${because}`);
    api.put('pods', podOf(checkoutPod, ofReplicaSet));
    expect(await refusal(inShop('pod', checkoutPod))).toBe(`pod "shop/${checkoutPod}" ${because}`);
    api.put('deployments.apps', workload('checkout'));
    api.put('pods', podOf(checkoutPod, { ...ofReplicaSet, ...marked('none') }));
    expect(await refusal(inShop('pod', checkoutPod))).toContain(`of pod ${checkoutPod} is none`);
    api.put('pods', podOf(checkoutPod, { ...ofReplicaSet, ...marked('observe') }));
    expect(await confirm(inShop('pod', checkoutPod))).toMatchObject({ kind: 'deployment', mode: 'observe' });
  });
});

describe('never acted on', () => {
  it('is the monitoring, by a pod, by its controller, by a Service', async () => {
    api.put(
      'deployments.apps',
      workload('checkout', {}, 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0'),
    );
    const because = 'is never acted on: kube-state-metrics is part of the monitoring';
    expect(await refusal(inShop('deployment', 'checkout'))).toBe(`deployment "shop/checkout" ${because}`);
    expect(await refusal(inShop('pod', checkoutPod))).toBe(`pod "shop/${checkoutPod}" ${because}`);
    api.put('services', {
      metadata: { name: 'metrics', namespace: 'shop' },
      spec: { selector: { 'app.kubernetes.io/name': 'prometheus' } },
    });
    expect(await refusal(inShop('service', 'metrics'))).toContain('prometheus is part of the monitoring');
  });

  it('is the pod we run in', async () => {
    api.put('pods', podOf(hostname(), owner('apps/v1', 'DaemonSet', 'x')));
    expect(await refusal(inShop('pod', hostname()))).toContain('Paramedic runs in it');
  });

  it('is what is being deleted', async () => {
    api.put('deployments.apps', workload('a', { deletionTimestamp: '2026-11-25T10:00:00Z' }));
    expect(await refusal(inShop('deployment', 'a'))).toBe('deployment a is being deleted since 2026-11-25T10:00:00Z');
  });
});

it('a node is confirmed, in no namespace', async () => {
  const { uid } = api.put('nodes', { metadata: { name: 'worker-1' } }).metadata;
  const key = 'kubernetes/prod/node/worker-1';
  expect(await confirm(candidate('node', { name: 'worker-1' }))).toEqual({ kind: 'node', key, uid });
});

it('a cluster that does not answer is no proof that the object is gone', async () => {
  api.fault({ kind: 'reset', times: 9 });
  await expect(confirm(inShop('deployment', 'a'))).rejects.toMatchObject({ name: 'ActionError', retryable: true });
});

it('a cluster that was taken out of the configuration is an ActionError', async () => {
  await expect(confirm({ ...inShop('deployment', 'a'), platform: 'old' })).rejects.toMatchObject({
    reason: 'not-found',
  });
});
