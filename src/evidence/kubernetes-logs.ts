import type { ContainerStatus, Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { illness, statusesOf } from './kubernetes-words.ts';
import type { Notes } from './notes.ts';
import { logTail } from './shown.ts';

/** Of how many containers of a pod, the most ill, logs are read. */
const mostContainers = 2;

/** The ends of the logs of a pod's containers: of the present instance, and of the one before. */
export async function podLogs(pod: Pod, client: KubernetesClient, notes: Notes): Promise<void> {
  const { name, namespace = '' } = pod.metadata;
  const containers = statusesOf(pod)
    .filter(hasBegun)
    .toSorted((one, other) => illness(other) - illness(one))
    .slice(0, mostContainers);
  const read = async (container: string, previous: boolean): Promise<void> => {
    const before = previous ? ', before its last restart' : '';
    const what = `log of pod ${namespace}/${name}, container ${container}${before}`;
    const tail = { ...logTail, container, ...(previous && { previous: true as const }) };
    const text = await notes.read(what, (signal) => client.logs({ namespace, name }, tail, signal));
    notes.keep({ rank: previous ? 4 : 5, title: what, text: text ?? '', keep: 'end' });
  };
  await Promise.all(
    containers.flatMap((one) => [read(one.name, false), ...(hasDied(one) ? [read(one.name, true)] : [])]),
  );
}

const hasDied = ({ restartCount, lastState }: ContainerStatus): boolean =>
  restartCount > 0 || lastState?.terminated !== undefined;

/** One that has never run has no log, and the API refuses to tell one. */
const hasBegun = (status: ContainerStatus): boolean =>
  hasDied(status) || status.state?.running !== undefined || status.state?.terminated !== undefined;
