import { describe, expect, it, onTestFinished } from 'vitest';
import type { TestCluster } from '../../harness/cluster.ts';
import { deployment, disruptionBudget } from '../../harness/kube-objects.ts';
import { phraseOf, playbookScene, type PlaybookScene } from '../e2e/playbook-scene.ts';

/** As node-problem-detector tells of a node: the kubelet goes on, and leaves a condition that is not its own alone. */
const nodeRules = `
groups:
  - name: node-problem-detector
    rules:
      - alert: NodeKernelDeadlock
        expr: kube_node_status_condition{job="kube-state-metrics", condition="KernelDeadlock", status="true"} == 1
        for: 5m
        labels: {severity: critical}
`;
async function reportDeadlock({ cluster }: PlaybookScene, node: string): Promise<void> {
  const report = (condition: object) =>
    cluster.patch(
      'nodes',
      { name: node },
      { status: { conditions: [{ type: 'KernelDeadlock', ...condition }] } },
      { type: 'strategic', subresource: 'status' },
    );
  onTestFinished(() => report({ $patch: 'delete' }));
  await report({ status: 'True', reason: 'DockerHung', message: 'task docker:7 blocked for more than 300 seconds' });
}

/** Whose pods are on the node, beside the node's own. */
async function guestsOf(cluster: TestCluster, node: string): Promise<readonly string[]> {
  const pods = await cluster.list('pods');
  const guests = pods.filter(
    ({ spec, metadata }) =>
      spec?.['nodeName'] === node && !metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet'),
  );
  return [...new Set(guests.map(({ metadata }) => metadata.namespace ?? ''))];
}

describe('a limit that somebody has set', () => {
  it('a disruption budget ends a drain in time: the node is as it was, and the budget is named', async () => {
    const options = {
      alerts: ['NodeKernelDeadlock'],
      rules: [nodeRules],
      steps: [{ drain: { timeout: '11s' }, verify: { within: '10s', stable: '2s' } }],
      guardrails: { risk: 'high' },
    };
    const of = await playbookScene(options, onTestFinished);
    const { cluster, namespace } = of;
    const node = (await cluster.list('nodes')).at(-1)?.metadata.name ?? '';
    await cluster.apply(disruptionBudget({ namespace, name: 'ledger', minAvailable: 1 }));
    await cluster.apply(
      deployment({ namespace, name: 'ledger', pod: { nodeSelector: { 'kubernetes.io/hostname': node } } }),
    );
    await cluster.waitFor('the pod and its budget', async () => {
      const budget = await cluster.get('poddisruptionbudgets.policy', { namespace, name: 'ledger' });
      return budget?.status?.currentHealthy === 1;
    });
    const [pod] = await cluster.list('pods', namespace);
    // What drains a node drains it of everybody: nobody else's pods may be there.
    await cluster.waitFor(
      `that ${node} holds no pods of others`,
      async () => {
        const guests = await guestsOf(cluster, node);
        return guests.length === 1 && guests[0] === namespace;
      },
      120_000,
    );

    const isCordoned = async () => (await cluster.get('nodes', { name: node }))?.spec?.['unschedulable'] === true;
    await reportDeadlock(of, node);
    await cluster.waitFor('the cordon', isCordoned, 90_000);
    expect(await of.ended(`node/${node}`)).toMatch(
      new RegExp(
        `^failed: drain/node: could not be applied: 0 of 1 pods were evicted within 11s, then ${namespace}/ledger-\\S+ was blocked: .*disruption budget ledger `,
      ),
    );
    const name = pod?.metadata.name ?? '';
    const writes = (await of.writes()).map(phraseOf);
    expect(writes.slice(1, -1).length).toBeGreaterThan(1);
    expect(new Set(writes.slice(1, -1))).toEqual(new Set([`create pods/eviction ${name} 429`]));
    expect([writes[0], writes.at(-1)]).toEqual([`patch nodes ${node} 200`, `patch nodes ${node} 200`]);
    expect(await isCordoned()).toBe(false);
    expect((await cluster.list('pods', namespace)).map(({ metadata }) => metadata.uid)).toEqual([pod?.metadata.uid]);
  });
});
