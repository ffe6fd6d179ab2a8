import { describe, expect, it } from 'vitest';
import type { Condition, Node, Pod } from '../domain/kubernetes.ts';
import { movedPods } from './node-pods.ts';
import { nodeRoom, nodeState, roomBeside } from './node-state.ts';

const at = '2026-01-01T00:00:00Z';
const ready: Condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: at };
const node = (
  name: string,
  more: {
    spec?: Node['spec'];
    conditions?: readonly Condition[];
    managedFields?: Node['metadata']['managedFields'];
  } = {},
): Node => ({
  metadata: {
    name,
    uid: `uid-${name}`,
    resourceVersion: '7',
    ...(more.managedFields && { managedFields: more.managedFields }),
  },
  ...(more.spec && { spec: more.spec }),
  status: { conditions: more.conditions ?? [ready] },
});
const taint = (key: string, effect = 'NoSchedule') => ({ key, effect });
const pod = (
  name: string,
  more: {
    kind?: string;
    owner?: string;
    phase?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    volumes?: readonly object[];
    deletionTimestamp?: string;
  } = {},
): Pod => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    resourceVersion: '1',
    ...(more.labels && { labels: more.labels }),
    ...(more.annotations && { annotations: more.annotations }),
    ...(more.deletionTimestamp !== undefined && { deletionTimestamp: more.deletionTimestamp }),
    ...(more.kind !== undefined && {
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: more.kind, name: more.owner ?? 'x', uid: 'o', controller: true },
      ],
    }),
  },
  spec: { containers: [], ...(more.volumes && { volumes: more.volumes }) },
  status: { phase: more.phase ?? 'Running' },
});

describe('the state of a node', () => {
  it('of one that is well', () => {
    const all = [ready, { type: 'DiskPressure', status: 'False' }, { type: 'EtcdIsVoter', status: 'True' }];
    const stopping = pod('web-0', { kind: 'ReplicaSet', deletionTimestamp: at });
    expect(nodeState('prod', node('a', { conditions: all }), [pod('web-1', { kind: 'ReplicaSet' }), stopping])).toEqual(
      {
        cluster: 'prod',
        name: 'a',
        uid: 'uid-a',
        resourceVersion: '7',
        ready: true,
        readySince: Date.parse(at),
        unschedulable: false,
        cordonedBy: '',
        wrong: [],
        leaving: '',
        taints: 0,
        pods: ['uid-web-1'],
      },
    );
  });

  it.each<[readonly Condition[], readonly string[]]>([
    [
      [
        { ...ready, status: 'Unknown', reason: 'NodeStatusUnknown' },
        { type: 'DiskPressure', status: 'Unknown' },
      ],
      ['its kubelet is silent (NodeStatusUnknown)'],
    ],
    [[{ ...ready, status: 'False', reason: 'KubeletNotReady' }], ['not ready (KubeletNotReady)']],
    [[], ['not ready']],
    [
      [ready, { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure' }],
      ['disk pressure (KubeletHasDiskPressure)'],
    ],
    [
      [ready, { type: 'NetworkUnavailable', status: 'True' }, { type: 'KernelDeadlock', status: 'True' }],
      ['network unavailable', 'kernel deadlock'],
    ],
  ])('of one that is ill: %j', (conditions, wrong) => {
    expect(nodeState('prod', node('a', { conditions }), []).wrong).toEqual(wrong);
  });

  it('tells who cordoned it, and that an autoscaler takes it away', () => {
    const managedFields = [
      { manager: 'kubelet', operation: 'Update', time: '2026-01-02T00:00:00Z', fieldsV1: { 'f:metadata': {} } },
      { manager: 'kubectl-cordon', operation: 'Update', time: at, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } },
    ];
    const spec = { unschedulable: true, taints: [taint('ToBeDeletedByClusterAutoscaler')] };
    expect(nodeState('prod', node('a', { spec, managedFields }), [])).toMatchObject({
      unschedulable: true,
      cordonedBy: 'kubectl-cordon',
      leaving: 'ToBeDeletedByClusterAutoscaler',
      taints: 1,
    });
  });
});

it.each<[string, Node, boolean]>([
  ['ready', node('b'), true],
  ['cordoned', node('b', { spec: { unschedulable: true } }), false],
  ['not ready', node('b', { conditions: [] }), false],
  ['of a control plane', node('b', { spec: { taints: [taint('node-role.kubernetes.io/control-plane')] } }), false],
  ['under pressure', node('b', { spec: { taints: [taint('node.kubernetes.io/disk-pressure')] } }), false],
  ['only asked to be spared', node('b', { spec: { taints: [taint('spare', 'PreferNoSchedule')] } }), true],
])('there is room on another node that is %s: %o', (_how, other, open) => {
  expect(roomBeside('a', [node('a'), other].map(nodeRoom)).length > 0).toBe(open);
});

const prod = { name: 'prod', protectedNamespaces: ['payments'] };
describe('a drain', () => {
  it('moves what a controller makes again, and what nobody does', () => {
    const pods = [
      pod('web-6b8-1', { kind: 'ReplicaSet', owner: 'web-6b8', labels: { 'pod-template-hash': '6b8' } }),
      pod('db-0', {
        kind: 'StatefulSet',
        owner: 'db',
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'c', configMap: {} },
        ],
      }),
      pod('odd', { kind: 'Cluster', owner: 'pg' }),
      pod('bare', { deletionTimestamp: at }),
      pod('nightly-1', { kind: 'Job', owner: 'nightly' }),
    ];
    expect(movedPods(prod, pods)).toEqual([
      {
        namespace: 'shop',
        name: 'web-6b8-1',
        uid: 'uid-web-6b8-1',
        bare: false,
        emptyDirs: 0,
        terminating: false,
        protectedBecause: '',
        touches: 'kubernetes/prod/shop/deployment/web',
        group: 'kubernetes/prod/shop/deployment/web',
      },
      expect.objectContaining({ emptyDirs: 1, touches: 'kubernetes/prod/shop/statefulset/db' }),
      expect.objectContaining({ bare: false, touches: 'kubernetes/prod/shop/pod/odd', group: 'o' }),
      expect.objectContaining({ bare: true, terminating: true, touches: 'kubernetes/prod/shop/pod/bare', group: '' }),
      expect.objectContaining({ touches: 'kubernetes/prod/shop/job/nightly', group: '' }),
    ]);
  });

  it.each<[string, object, string]>([
    ['kube-system', {}, "kube-system is Kubernetes' own namespace"],
    ['payments', {}, 'the namespace payments is protected in the configuration of cluster prod'],
    ['shop', { 'paramedic.dev/mode': 'none' }, 'its annotation paramedic.dev/mode is none'],
    ['shop', { 'paramedic.dev/mode': 'observe' }, 'its annotation paramedic.dev/mode is observe'],
    ['shop', { 'paramedic.dev/mode': 'act' }, ''],
  ])('may not move a pod of namespace %s with the annotations %j', (namespace, annotations, protectedBecause) => {
    const one = pod('web-1', { kind: 'StatefulSet' });
    const moved = movedPods(prod, [
      { ...one, metadata: { ...one.metadata, namespace, annotations: { ...annotations } } },
    ]);
    expect(moved).toMatchObject([{ protectedBecause }]);
  });

  it('leaves what belongs to the node, and what has ended', () => {
    const pods = [
      pod('logs', { kind: 'DaemonSet' }),
      pod('etcd', { kind: 'Node' }),
      pod('mirror', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      pod('done', { kind: 'Job', phase: 'Succeeded' }),
      pod('failed', { phase: 'Failed' }),
    ];
    expect(movedPods(prod, pods)).toEqual([]);
    expect(nodeState('prod', node('a'), pods).pods).toEqual([]);
  });
});
