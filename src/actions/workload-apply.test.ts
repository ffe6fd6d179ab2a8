import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import { ill, planOf, pod, putWorkload, workload } from '../../test/fakes/workload-state.ts';
import type { Action } from '../domain/action.ts';
import type { Clients } from '../domain/clients.ts';
import type { WorkloadState } from '../kubernetes/state.ts';
import { deletePodOfDeployment } from './delete-pod/deployment.ts';
import { deletePod } from './delete-pod/pod.ts';
import { deletePodOfStatefulSet } from './delete-pod/statefulset.ts';
import { restartDaemonSet } from './restart/daemonset.ts';
import { restartDeployment } from './restart/deployment.ts';
import { restartStatefulSet } from './restart/statefulset.ts';
import { scaleDeployment } from './scale/deployment.ts';
import { scaleStatefulSet } from './scale/statefulset.ts';

const signal = new AbortController().signal;
const annotation = 'kubectl.kubernetes.io/restartedAt';
const place = { namespace: 'shop', name: 'checkout' };
const patches = { matches: ({ method }: { readonly method: string }) => method === 'PATCH' };

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

/** Of a StatefulSet no other may serve: it may be what is left of a quorum. */
const oneIll = (kind: WorkloadState['kind']) =>
  workload({ kind, pods: [ill('b'), ...(kind === 'statefulset' ? [] : [pod('a'), pod('c')])] });
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const orderless = { partition: 0, inOrder: false };
const revisionless = { updateRevision: '' };

describe.each<[WorkloadState['kind'], Action, () => unknown]>([
  ['deployment', restartDeployment, () => planOf(restartDeployment, oneIll('deployment')).change],
  [
    'statefulset',
    restartStatefulSet,
    () => planOf(restartStatefulSet, oneIll('statefulset'), undefined, orderless).change,
  ],
  ['daemonset', restartDaemonSet, () => planOf(restartDaemonSet, oneIll('daemonset')).change],
  ['deployment', scaleDeployment, () => planOf(scaleDeployment, workload(), { to: 5 }, { autoscaler: null }).change],
  [
    'statefulset',
    scaleStatefulSet,
    () => planOf(scaleStatefulSet, workload({ kind: 'statefulset' }), { to: 5 }, { autoscaler: null }).change,
  ],
  [
    'deployment',
    deletePodOfDeployment,
    () => planOf(deletePodOfDeployment, oneIll('deployment'), undefined, revisionless).change,
  ],
  [
    'statefulset',
    deletePodOfStatefulSet,
    () => planOf(deletePodOfStatefulSet, oneIll('statefulset'), undefined, revisionless).change,
  ],
  [
    'deployment',
    deletePod,
    () => planOf(deletePod, { cluster: 'prod', namespace: 'shop', pod: ill('b'), controller: 'X y' }).change,
  ],
])('on a %s', (kind, action, changeOf) => {
  beforeEach(() => putWorkload(api, kind));

  it(`${action.key} applied twice is applied once, also when the change has been in the store`, async () => {
    const change = throughJson(changeOf());
    expect(await action.settled(change, clients)).toBe('not-done');
    await action.apply(change, clients, signal);
    await action.apply(change, clients, signal);
    expect(await action.settled(change, clients)).toBe('done');
    expect(api.writes()).toHaveLength(1);
  });

  it(`${action.key} looks again when the answer to its write was lost`, async () => {
    const change = changeOf();
    api.fault({ kind: 'reset', afterEffect: true, matches: ({ method }) => method !== 'GET' });
    await expect(action.apply(change, clients, signal)).rejects.toMatchObject({ retryable: true });
    expect(await action.settled(change, clients)).toBe('done');
    await action.apply(change, clients, signal);
    expect(api.writes()).toHaveLength(1);
  });

  it(`${action.key} does not know whether it was done while the API is silent`, async () => {
    api.fault({ kind: 'reset', times: 9 });
    expect(await action.settled(changeOf(), clients)).toBe('unknown');
  });
});

describe('restart', () => {
  const change = () => planOf(restartDeployment, oneIll('deployment')).change;
  const restartedAt = () => api.get('deployments.apps', place)?.spec.template.metadata?.annotations?.[annotation] ?? '';

  it('writes the pinned time and leaves the other annotations', async () => {
    putWorkload(api, 'deployment', { team: 'shop' });
    await restartDeployment.apply(change(), clients, signal);
    const { annotations } = api.get('deployments.apps', place)?.spec.template.metadata ?? {};
    expect(annotations).toEqual({ team: 'shop', [annotation]: '2026-11-25T03:00:00.250Z' });
  });

  it('goes on when others write the same object', async () => {
    putWorkload(api, 'deployment');
    api.fault({ ...patches, kind: '409', times: 2 });
    await restartDeployment.apply(change(), clients, signal);
    expect(restartedAt()).toBe('2026-11-25T03:00:00.250Z');
  });

  it('is not written over a restart that came between its look and its write', async () => {
    putWorkload(api, 'deployment');
    const quicker: KubeApi['client'] = {
      ...api.client,
      patch: (...args) => {
        putWorkload(api, 'deployment', { [annotation]: '2026-11-25T03:00:01Z' });
        return api.client.patch(...args);
      },
    };
    const raced = { ...clients, kubernetes: new Map([['prod', quicker]]) };
    await expect(restartDeployment.apply(change(), raced, signal)).rejects.toMatchObject({ reason: 'conflict' });
    expect(restartedAt()).toBe('2026-11-25T03:00:01Z');
  });

  it('gives up when they never stop', async () => {
    putWorkload(api, 'deployment');
    api.fault({ ...patches, kind: '409', times: 99 });
    await expect(restartDeployment.apply(change(), clients, signal)).rejects.toMatchObject({ reason: 'conflict' });
    expect(api.writes()).toHaveLength(5);
  });

  it('writes nothing when somebody else has restarted it meanwhile', async () => {
    putWorkload(api, 'deployment', { [annotation]: '2026-11-25T03:00:01Z' });
    await expect(restartDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      retryable: false,
      message: `deployment shop/checkout is not restarted: somebody else restarted it meanwhile (${annotation} is 2026-11-25T03:00:01Z)`,
    });
    expect(api.writes()).toEqual([]);
  });

  it('writes nothing to another one of its name', async () => {
    api.put('deployments.apps', { metadata: { ...place, uid: 'other' }, spec: { template: { spec: {} } } });
    await expect(restartDeployment.apply(change(), clients, signal)).rejects.toMatchObject({
      reason: 'not-found',
      message: 'deployment shop/checkout is gone from cluster prod, or another one has its name',
    });
    expect(await restartDeployment.settled(change(), clients)).toBe('not-done');
    expect(api.writes()).toEqual([]);
  });

  it.each<[object, object]>([
    [{}, { partition: 0, inOrder: true }],
    [
      { podManagementPolicy: 'Parallel', updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
      { partition: 2, inOrder: false },
    ],
  ])('reads how a StatefulSet replaces its pods: %j', async (spec, extra) => {
    api.put('statefulsets.apps', { metadata: { ...place }, spec });
    const target = { kind: 'statefulset', key: 'kubernetes/prod/shop/statefulset/checkout' };
    expect(await restartStatefulSet.observe(target, clients)).toEqual(extra);
  });
});
