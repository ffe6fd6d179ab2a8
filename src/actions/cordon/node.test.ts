import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cordonedBy, type NodeScene, startNodeScene } from '../../../test/fakes/kube-node-scene.ts';
import type { Action } from '../../domain/action.ts';
import { uncordonNode } from '../uncordon/node.ts';
import { cordonNode } from './node.ts';

const signal = new AbortController().signal;
let scene: NodeScene;
beforeEach(async () => {
  scene = await startNodeScene();
});
afterEach(() => scene.api.close());

describe('of cordon and uncordon', () => {
  it.each<[string, Action, object, string, boolean, readonly string[]]>([
    [
      'cordon',
      cordonNode,
      {},
      'cordon node node-2: no new pods on it, 1 other node left for them; it stays cordoned until somebody uncordons it',
      true,
      ['kubernetes/prod/node/node-2', 'kubernetes/prod/nodes'],
    ],
    [
      'uncordon',
      uncordonNode,
      { unschedulable: true },
      'uncordon node node-2 (cordoned by paramedic): new pods may run on it again',
      false,
      ['kubernetes/prod/node/node-2'],
    ],
  ])('%s does it once', async (_verb, action, spec, summary, after, touches) => {
    scene.put('node-2', { spec, metadata: cordonedBy('paramedic') });
    const before = await scene.state();
    const plan = await scene.planOf(action);
    expect(plan).toMatchObject({ summary, touches, ownTimeMs: 5_000 });
    expect(await action.settled(plan.change, scene.clients)).toBe('not-done');
    expect(action.verify({ before, state: before, change: plan.change })).toMatchObject({ ok: false, certain: true });
    await action.apply(plan.change, scene.clients, signal);
    await action.apply(plan.change, scene.clients, signal);
    expect(scene.api.writes()).toHaveLength(1);
    expect(scene.isCordoned()).toBe(after);
    expect(await action.settled(plan.change, scene.clients)).toBe('done');
    expect(action.verify({ before, state: await scene.state(), change: plan.change })).toMatchObject({ ok: true });
  });

  it("cordon takes back its own cordon, and nobody else's", async () => {
    const { change, undo } = await scene.planOf(cordonNode);
    expect(undo).toBe('uncordon node node-2, if the cordon is still ours');
    await cordonNode.apply(change, scene.clients, signal);
    await cordonNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(false);
    scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy('kubectl-cordon') });
    await cordonNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(true);
    scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy('paramedic') });
    await cordonNode.undo(change, scene.clients, signal);
    expect(scene.isCordoned()).toBe(false);
  });

  it('leave another node of that name alone', async () => {
    const { change } = await scene.planOf(cordonNode);
    scene.api.remove('nodes', { namespace: '', name: 'node-2' });
    scene.put('node-2');
    await expect(cordonNode.apply(change, scene.clients, signal)).rejects.toMatchObject({
      reason: 'not-found',
      retryable: false,
    });
    await cordonNode.undo(change, scene.clients, signal);
    expect(scene.api.writes()).toEqual([]);
  });

  it('cordon looks again whether another node takes pods when it is carried out', async () => {
    const { change } = await scene.planOf(cordonNode);
    scene.put('node-1', { spec: { unschedulable: true } });
    await expect(cordonNode.apply(change, scene.clients, signal)).rejects.toMatchObject({
      message: 'node node-2 is not cordoned: no other node is ready and schedulable, and new pods would have no place',
      reason: 'conflict',
      retryable: false,
    });
    expect(scene.isCordoned()).toBe(false);
  });

  it('cordon is refused for the last node that takes pods, and for one that is cordoned', async () => {
    scene.put('node-1', { spec: { unschedulable: true } });
    expect(await scene.refusalOf(cordonNode)).toMatch(
      /^node node-2 is not cordoned: no other node is ready and schedulable/,
    );
    scene.put('node-2', { spec: { unschedulable: true } });
    expect(await scene.refusalOf(cordonNode)).toBe('node node-2 is not cordoned: it is cordoned already');
  });

  it('uncordon is refused for a node that is not cordoned, is ill, or is being taken away', async () => {
    expect(await scene.refusalOf(uncordonNode)).toBe('node node-2 is not uncordoned: it is not cordoned');
    scene.put('node-2', {
      spec: { unschedulable: true },
      conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }],
    });
    expect(await scene.refusalOf(uncordonNode)).toMatch(/: it is ill \(its kubelet is silent \(NodeStatusUnknown\)\)/);
    scene.put('node-2', {
      spec: { unschedulable: true, taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] },
    });
    expect(await scene.refusalOf(uncordonNode)).toMatch(/an autoscaler is taking it away/);
  });

  it('uncordon is refused for a cordon that is not ours, and takes it away only when the step says so', async () => {
    scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy('kubectl-cordon') });
    expect(await scene.refusalOf(uncordonNode)).toBe(
      'node node-2 is not uncordoned: kubectl-cordon cordoned it, not Paramedic, and may need it so; where any cordon may go: uncordon: {whoever_cordoned: true}',
    );
    expect((await scene.planOf(uncordonNode, { whoever_cordoned: true })).summary).toBe(
      'uncordon node node-2 (cordoned by kubectl-cordon): new pods may run on it again',
    );
    scene.put('node-2', { spec: { unschedulable: true }, metadata: { managedFields: [] } });
    expect(await scene.refusalOf(uncordonNode)).toMatch(/: nothing tells who cordoned it, and may need it so/);
    expect((await scene.planOf(uncordonNode, { whoever_cordoned: true })).summary).toBe(
      'uncordon node node-2: new pods may run on it again',
    );
  });

  it('uncordon leaves a cordon that somebody else has set since it was planned', async () => {
    scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy('paramedic') });
    const { change } = await scene.planOf(uncordonNode);
    scene.put('node-2', { spec: { unschedulable: true }, metadata: cordonedBy('kubectl-cordon') });
    await expect(uncordonNode.apply(change, scene.clients, signal)).rejects.toMatchObject({
      message: 'node node-2 has been cordoned by kubectl-cordon since',
      reason: 'conflict',
      retryable: false,
    });
    expect(scene.isCordoned()).toBe(true);
  });

  it('cordon is kept though the node stays ill: it protects the pods that would come', () => {
    expect(cordonNode.keepsEffect).toBe(true);
  });
});
