import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestCluster } from '../../harness/cluster.ts';
import { service } from '../../harness/kube-objects.ts';
import { type FaultBatch, startFaults } from '../known-good/fault-batch.ts';
import { oneOnEach, renewed, web } from '../known-good/fault-objects.ts';
import type { Fault } from '../known-good/faults.ts';

const taint = { key: 'shop.test/reserved', effect: 'NoSchedule' };

/** Nothing else of them changes: whoever taints a node by kubectl writes the whole list, too. */
async function taintNodes(cluster: TestCluster, isThere: boolean): Promise<void> {
  for (const { metadata, spec } of await cluster.list('nodes')) {
    const others = (spec?.taints ?? []).filter(({ key }) => key !== taint.key);
    const taints = isThere ? [...others, taint] : others;
    await cluster.patch('nodes', { name: metadata.name }, { spec: { taints } });
  }
}

const fault: Fault = {
  name: 'taint',
  // On every node one: a node that it has nothing to do with is left as it is.
  objects: (namespace) => [web(namespace, oneOnEach), service({ namespace, name: 'web' })],
  rollsOut: false,
  inject: async (place) => {
    await taintNodes(place.cluster, true);
    await renewed(place);
  },
  alerts: ['PodUnschedulable'],
  targets: ['deployment/web'],
  allowed: () => ['nodes *'],
};

let batch: FaultBatch | undefined;
beforeAll(async () => {
  batch = await startFaults([fault], 1);
});
afterAll(async () => {
  try {
    if (batch !== undefined) await taintNodes(batch.scene.cluster, false);
  } finally {
    await batch?.stop();
  }
});

describe('nodes that somebody tainted so that nothing finds a place', () => {
  it('get their taints taken away again, and nothing else is written', async () => {
    if (batch === undefined) throw new Error('the scene did not start');
    const { ended } = await batch.run('taint');
    expect(ended).toEqual([expect.stringMatching(/^deployment\/web: recovered: /)]);
    const { cluster, user } = batch.scene;
    const writes = await cluster.auditedWrites({ user, taken: true, resource: 'nodes' });
    const nodes = await cluster.list('nodes');
    expect(writes.map(({ name }) => name).toSorted()).toEqual(nodes.map(({ metadata }) => metadata.name).toSorted());
    expect(nodes.flatMap(({ spec }) => spec?.taints ?? []).filter(({ key }) => key === taint.key)).toEqual([]);
  });
});
