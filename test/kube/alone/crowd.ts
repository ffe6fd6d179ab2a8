import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '../../harness/cluster.ts';
import { deployment } from '../../harness/kube-objects.ts';

export interface CrowdOptions {
  /** How many Deployments of one pod. */
  readonly size: number;
  /** How many nodes they are spread over. */
  readonly nodes: number;
  /** Since when the nodes have not been ready, ms ago. */
  readonly fellMs: number;
}

/** Deployments whose pods are on nodes without a machine, and all of whose statuses we write. */
export interface Crowd {
  readonly names: readonly string[];
  readonly nodes: readonly string[];
  /** Every pod of theirs serves from now on. */
  heal(names: readonly string[]): Promise<void>;
  /** Their containers run, and have not served for a while. */
  hang(names: readonly string[]): Promise<void>;
  /** The nodes are ready, and stay so. */
  raiseNodes(): Promise<void>;
  stop(): Promise<void>;
}

/** So many requests at a time. */
const abreast = 16;
const statusOnly = { subresource: 'status', type: 'strategic' } as const;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

async function each<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: abreast }, worker));
}

/** `silent`: nothing is heard of its node any more. `hung`: its kubelet says that it does not serve. */
type Health = 'well' | 'silent' | 'hung';

function podStatus(health: Health): object {
  const changed = ago(health === 'well' ? 0 : 40_000);
  const isServing = health !== 'hung';
  const condition = (type: string, is: boolean) => ({
    type,
    status: is ? 'True' : 'False',
    lastTransitionTime: changed,
    ...(type === 'Ready' && health === 'silent' && { reason: 'NodeNotReady' }),
  });
  return {
    phase: 'Running',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', isServing),
      condition('Ready', health === 'well'),
    ],
    containerStatuses: [
      {
        name: 'app',
        ready: isServing,
        started: true,
        restartCount: 0,
        image: 'app',
        imageID: 'app',
        state: { running: { startedAt: ago(600_000) } },
      },
    ],
  };
}

/**
 * Makes them, every second one `hung` and the others `silent`. Real objects of real controllers, that no kubelet is asked
 * to run: so many real pods would be a matter of the machine.
 */
export async function makeCrowd(cluster: TestCluster, namespace: string, options: CrowdOptions): Promise<Crowd> {
  const suffix = randomBytes(3).toString('hex');
  // Who takes the last node of the list for a real one still gets a real one.
  const nodes = Array.from({ length: options.nodes }, (_, index) => `broken-crowd-${suffix}-${index}`);
  const names = Array.from({ length: options.size }, (_, index) => `shop-${index}`);
  const nodeStatus = (name: string, ready: string, since: string) =>
    cluster.patch(
      'nodes',
      { name },
      {
        status: {
          conditions: [
            {
              type: 'Ready',
              status: ready,
              reason: 'WrittenByATest',
              message: '',
              lastHeartbeatTime: ago(0),
              lastTransitionTime: since,
            },
          ],
        },
      },
      statusOnly,
    );
  const podsOf = (name: string) => cluster.list('pods', namespace, `app=${name}`);
  const tell = (health: (index: number) => Health) => (some: readonly string[]) =>
    each(some, async (name) => {
      for (const { metadata } of await podsOf(name)) {
        const status = podStatus(health(names.indexOf(name)));
        await cluster.patch('pods', { namespace, name: metadata.name }, { status }, statusOnly);
      }
    });

  for (const name of nodes) {
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { taints: [{ key: 'tests.paramedic.dev/broken', effect: 'NoSchedule' }] },
    });
    await nodeStatus(name, 'Unknown', ago(options.fellMs));
  }
  await each(names, async (name, index) => {
    const pod = { nodeName: nodes[index % nodes.length], tolerations: [{ operator: 'Exists' }] };
    await cluster.apply(deployment({ namespace, name, pod }));
  });
  await cluster.waitFor('a pod of each', async () => (await cluster.list('pods', namespace)).length === names.length);
  await tell((index) => (index % 2 === 0 ? 'silent' : 'hung'))(names);
  // How long ago it was is counted from now on.
  for (const name of nodes) await nodeStatus(name, 'Unknown', ago(options.fellMs));

  const ending = new AbortController();
  let beats: Promise<void> = Promise.resolve();
  return {
    names,
    nodes,
    heal: tell(() => 'well'),
    hang: tell(() => 'hung'),
    async raiseNodes() {
      const since = ago(0);
      const beat = async () => {
        for (const name of nodes) await nodeStatus(name, 'True', since);
      };
      await beat();
      beats = (async () => {
        while (!ending.signal.aborted) {
          await sleep(10_000, undefined, { signal: ending.signal }).catch(() => undefined);
          await beat();
        }
      })();
    },
    async stop() {
      ending.abort();
      await beats;
      await each(names, (name) => cluster.remove('deployments.apps', { namespace, name }));
      // No kubelet is there to end them, and with their nodes gone the next test has nothing to do with them.
      await cluster.waitFor('the end of their pods', async () => {
        const pods = await cluster.list('pods', namespace);
        await each(pods, ({ metadata: { name } }) => cluster.remove('pods', { namespace, name }, { graceSeconds: 0 }));
        return pods.length === 0;
      });
      for (const name of nodes) await cluster.remove('nodes', { name });
    },
  };
}
