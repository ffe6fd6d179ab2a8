import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NodeScene, startNodeScene } from '../../../test/fakes/kube-node-scene.ts';
import { type Change, change } from './change.ts';
import { drainNode } from './node.ts';
import { turnOf } from './turn.ts';

const signal = new AbortController().signal;
const well = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
const pressure = [
  { type: 'Ready', status: 'True' },
  { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure' },
];
const cordoned = { unschedulable: true };

let scene: NodeScene;
beforeEach(async () => {
  scene = await startNodeScene();
});
afterEach(() => scene.api.close());

/** The change of a drain, once the node is cordoned. */
async function planned(): Promise<Change> {
  const parsed = change.parse((await scene.planOf(drainNode)).change);
  scene.put('node-2', { spec: cordoned, conditions: parsed.wasIll ? pressure : well.conditions });
  return parsed;
}
const turns = (of: Change) => Promise.all(of.pods.map(turnOf(of, scene.clients, signal)));
const elsewhere = (name: string, status: object = well) =>
  scene.pod(name, { spec: { nodeName: 'node-1' }, status, metadata: { uid: `new-${name}` } });

describe('of a workload with several pods on the node', () => {
  it('one goes at a time: the next one when as many are well as were before', async () => {
    for (const name of ['db-0', 'db-1']) scene.pod(name, { status: well });
    elsewhere('db-2');
    const of = await planned();
    expect(of.well).toEqual({ 'kubernetes/prod/shop/statefulset/db': 3 });
    expect(await turns(of)).toEqual(['go', 'go']);
    elsewhere('db-0', { phase: 'Pending' });
    const waitsFor = 'one of its workload goes at a time, and 2 of them are well, 3 were before';
    expect(await turns(of)).toEqual(['gone', { waitsFor }]);
    elsewhere('db-0');
    expect(await turns(of)).toEqual(['gone', 'go']);
  });

  it('one that is not well itself goes at once: it takes nobody away', async () => {
    for (const name of ['db-0', 'db-1']) scene.pod(name, { status: { phase: 'Running' } });
    elsewhere('db-2');
    const of = await planned();
    elsewhere('db-2', { phase: 'Running' });
    expect(await turns(of)).toEqual(['go', 'go']);
  });

  it('all are asked for in turns, those of other workloads and single ones in between', async () => {
    for (const name of ['db-0', 'db-1']) scene.pod(name, { status: well });
    scene.pod('web-0', { status: well, owner: 'ReplicationController' });
    const { pods, well: counted } = await planned();
    expect(pods.map(({ name }) => name)).toEqual(['db-0', 'web-0', 'db-1']);
    expect(Object.keys(counted)).toEqual(['kubernetes/prod/shop/statefulset/db']);
  });
});

describe('a drain that is under way', () => {
  beforeEach(() => scene.pod('db-0'));

  it.each<[string, () => void, string]>([
    [
      'the pod says hands off',
      () => {
        const there = scene.api.get('pods', { namespace: 'shop', name: 'db-0' });
        const annotations = { 'paramedic.dev/mode': 'none' };
        scene.api.put('pods', { ...there, metadata: { ...there?.metadata, annotations } });
      },
      'pod db-0 says hands off (its annotation paramedic.dev/mode is none)',
    ],
    [
      'the node says hands off',
      () => scene.put('node-2', { spec: cordoned, metadata: { annotations: { 'paramedic.dev/mode': 'observe' } } }),
      'the annotation paramedic.dev/mode of the node is observe',
    ],
    ['somebody uncordons the node', () => scene.put('node-2'), 'somebody has uncordoned the node'],
  ])('ends when %s', async (_what, happen, stop) => {
    const of = await planned();
    expect(await turns(of)).toEqual(['go']);
    happen();
    expect(await turns(of)).toEqual([{ stop }]);
  });

  it('ends when the node is well by now, but not where nothing showed on it from the beginning', async () => {
    const healthy = await planned();
    expect(await turns(healthy)).toEqual(['go']);
    scene.put('node-2', { conditions: pressure });
    const ill = await planned();
    expect(await turns(ill)).toEqual(['go']);
    scene.put('node-2', { spec: cordoned });
    expect(await turns(ill)).toEqual([{ stop: 'nothing is wrong with the node any more' }]);
  });

  it('is asked before each eviction: the first hands off is the end of it', async () => {
    scene.pod('web-0', { owner: 'ReplicaSet' });
    const of = await planned();
    scene.api.onWrite(({ path }) => {
      if (!path.endsWith('/eviction')) return;
      scene.put('node-2', { spec: cordoned, metadata: { annotations: { 'paramedic.dev/mode': 'none' } } });
    });
    await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({
      message: '1 of 2 pods were evicted, then: the annotation paramedic.dev/mode of the node is none',
      reason: 'conflict',
      retryable: false,
    });
    expect(scene.podNames()).toEqual(['db-0']);
  });

  it('does not cordon when the other nodes are not enough any more', async () => {
    const { change: of } = await scene.planOf(drainNode);
    scene.put('node-1', { spec: cordoned });
    await expect(drainNode.apply(of, scene.clients, signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^node node-2 is not cordoned: no other node is ready and schedulable/),
    });
    expect(scene.api.writes()).toEqual([]);
  });
});
