import type { TestCluster } from '../../harness/cluster.ts';
import { inPod } from '../../harness/kube-exec.ts';
import { deployment } from '../../harness/kube-objects.ts';

interface Ready {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
}

/** One that was not ready when it started, and is not ready soon after, is starting. */
const readyForMs = 5_000;
/** One that is unready for a moment is well. */
const unreadyForMs = 21_000;

/** Makes a Deployment `web` whose only pod served for some seconds, runs on, and does not serve any more. Answers its name. */
export async function hungPod(cluster: TestCluster, namespace: string): Promise<string> {
  await cluster.apply(deployment({ namespace, name: 'web' }));
  const name = await cluster.waitFor('a pod that has been ready for 5 s', async () => {
    const [pod] = await cluster.list('pods', namespace, 'app=web');
    // The harness reads any object; of a pod we know what it tells.
    const { conditions = [] } = (pod?.status ?? {}) as { conditions?: readonly Ready[] };
    const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
    return ready && Date.now() - Date.parse(ready.lastTransitionTime) > readyForMs && pod?.metadata.name;
  });
  await inPod(cluster.kubeconfig, { namespace, name }, 'rm /www/index.html');
  await cluster.waitFor('it not to be ready for 20 s', async () => {
    const pod = await cluster.get('pods', { namespace, name });
    const lost = pod?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
    return lost !== undefined && Date.now() - Date.parse(lost.lastTransitionTime ?? '') > unreadyForMs;
  });
  return name;
}
