import type { TestCluster } from '../../harness/cluster.ts';
import { inPod } from '../../harness/kube-exec.ts';
import { deployment } from '../../harness/kube-objects.ts';

/** One that was not ready when it started, and is not ready soon after, is starting. */
const readyForMs = 5_000;
/** One that is unready for a moment is well. */
const unreadyForMs = 21_000;

export interface ReadyPod {
  readonly name: string;
  /** Ready since then, ms since the epoch. */
  readonly since: number;
}

/** The pods of `web` that are ready. */
export async function readyPods(cluster: TestCluster, namespace: string): Promise<readonly ReadyPod[]> {
  const pods = await cluster.list('pods', namespace, 'app=web');
  return pods.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find((one) => one.type === 'Ready' && one.status === 'True');
    return ready === undefined ? [] : [{ name: metadata.name, since: Date.parse(ready.lastTransitionTime ?? '') }];
  });
}

/** Makes a Deployment `web`, one of whose pods served for some seconds, runs on, and does not serve any more. */
export async function hangPod(
  cluster: TestCluster,
  namespace: string,
  replicas = 1,
): Promise<{ readonly hung: string; readonly well: readonly string[] }> {
  await cluster.apply(deployment({ namespace, name: 'web', replicas }));
  const pods = await cluster.waitFor('pods that have been ready for 5 s', async () => {
    const ready = await readyPods(cluster, namespace);
    return ready.length === replicas && ready.every(({ since }) => Date.now() - since > readyForMs) && ready;
  });
  const [hung = '', ...well] = pods.map(({ name }) => name);
  await inPod(cluster.kubeconfig, { namespace, name: hung }, 'rm /www/index.html');
  return { hung, well };
}

/** The same, with a single pod, and waits until nobody takes it for one that is unready for a moment. Answers its name. */
export async function hungPod(cluster: TestCluster, namespace: string): Promise<string> {
  const { hung: name } = await hangPod(cluster, namespace);
  await cluster.waitFor('it not to be ready for 20 s', async () => {
    const pod = await cluster.get('pods', { namespace, name });
    const lost = pod?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
    return lost !== undefined && Date.now() - Date.parse(lost.lastTransitionTime ?? '') > unreadyForMs;
  });
  return name;
}
