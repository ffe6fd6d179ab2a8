import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '../../harness/cluster.ts';
import type { Manifest } from '../../harness/cluster-resources.ts';
import { daemonSet } from '../../harness/kube-objects.ts';

export interface BrokenNodes {
  /** Its kubelet stays silent, and more pods are on it than it takes. */
  readonly silent: string;
  /** Comes and goes, and is short of memory when it is there. */
  readonly flapping: string;
  stop(): Promise<void>;
}

const taint = 'tests.paramedic.dev/broken';
const object = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Node',
  // Nobody else's pods land here.
  metadata: { name, labels: { [taint]: name } },
  spec: { taints: [{ key: taint, effect: 'NoSchedule' }] },
});

function conditions(ready: 'True' | 'False' | 'Unknown', pressure: 'True' | 'False' | 'Unknown'): unknown {
  const now = new Date().toISOString();
  const longAgo = new Date(Date.now() - 3_600_000).toISOString();
  const one = (type: string, status: string) => ({
    type,
    status,
    reason: 'WrittenByATest',
    message: '',
    lastHeartbeatTime: now,
    // A node that fell lately is a storm, and holds whatever runs beside this test.
    lastTransitionTime: longAgo,
  });
  return [one('Ready', ready), one('MemoryPressure', pressure)];
}

/**
 * Node objects without a machine, whose status we write: the cluster's own nodes are well, and others need them. Pods of
 * the DaemonSet `misplaced` are on the silent one, where they should not be.
 */
export async function breakNodes(cluster: TestCluster, namespace: string): Promise<BrokenNodes> {
  const suffix = randomBytes(3).toString('hex');
  // Who takes the last node of the list for a real one still gets a real one.
  const [silent, flapping] = [`broken-silent-${suffix}`, `broken-flapping-${suffix}`];
  const status = (name: string, value: unknown) => cluster.patch('nodes', { name }, { status: value }, statusOnly);
  for (const name of [silent, flapping]) await cluster.apply(object(name));
  const capacity = { cpu: '1', memory: '1Gi', pods: '1' };
  // Ready at first, so that the scheduler takes it.
  await status(silent, { capacity, allocatable: capacity, conditions: conditions('True', 'False') });

  const misplaced = (tolerations: readonly unknown[]) =>
    daemonSet({
      namespace,
      name: 'misplaced',
      spec: { updateStrategy: { type: 'OnDelete' } },
      pod: { nodeSelector: { [taint]: silent }, tolerations },
    });
  await cluster.apply(misplaced([{ key: taint, operator: 'Exists' }]));
  await cluster.waitFor('a pod on a node without a machine', async () => {
    const [pod] = await cluster.list('pods', namespace, 'app=misplaced');
    return pod?.spec.nodeName === silent;
  });
  await cluster.apply(misplaced([]));
  await status(silent, { conditions: conditions('Unknown', 'Unknown') });

  const ending = new AbortController();
  const flaps = (async () => {
    for (let ready = true; !ending.signal.aborted; ready = !ready) {
      await status(flapping, { conditions: conditions(ready ? 'True' : 'False', 'True') });
      await sleep(6_000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  return {
    silent,
    flapping,
    async stop() {
      ending.abort();
      await flaps;
      await cluster.remove('daemonsets.apps', { namespace, name: 'misplaced' });
      // No kubelet is there to end them.
      for (const { metadata } of await cluster.list('pods', namespace, 'app=misplaced')) {
        await cluster.remove('pods', { namespace, name: metadata.name }, { graceSeconds: 0 });
      }
      for (const name of [silent, flapping]) await cluster.remove('nodes', { name });
    },
  };
}
const statusOnly = { subresource: 'status', type: 'strategic' } as const;
