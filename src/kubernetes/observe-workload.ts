import type { Clients } from '../domain/clients.ts';
import type { Target } from '../domain/target.ts';
import { kubernetesCluster } from './cluster.ts';
import { readController } from './controllers.ts';
import { parseKubernetesKey } from './key.ts';
import { markOf } from './hands-off.ts';
import { goneWorkload, lastReplicas } from './last-known.ts';
import { ownPods } from './own-pods.ts';
import { ownersOf } from './owners.ts';
import { podDigest } from './pod-digest.ts';
import { selectorText } from './selector-text.ts';
import type { PodDigest, WorkloadState } from './state.ts';
import { restartAnnotation, templateHash } from './template-diff.ts';
import { writerOf } from './writers.ts';

type Kind = WorkloadState['kind'];

/** Journals keep it. */
const mostPods = 20;

/**
 * Looks at one workload: its own object, and its pods, in two requests; `ownPods` may need a third. Undefined: it is
 * gone, or another one (uid) has its name. Throws ActionError.
 */
export const observeWorkload =
  (kind: Kind) =>
  async (target: Target, clients: Clients, signal?: AbortSignal): Promise<WorkloadState | undefined> => {
    const { cluster, namespace, name } = parseKubernetesKey(target.key);
    const client = kubernetesCluster(cluster, clients);
    const controller = await readController[kind](client, { namespace, name }, signal);
    if (controller === undefined)
      return target.remembered ? goneWorkload({ kind, cluster, namespace, name }) : undefined;
    const { metadata, template, selector, misplaced = 0, ...counted } = controller;
    if (target.uid !== undefined && metadata.uid !== target.uid) return undefined;
    const selected = await client.list('pods', { namespace, labelSelector: selectorText(selector) }, signal);
    const own = await ownPods(kind, controller, selected, client, signal);
    const templateWriter = writerOf(metadata.managedFields, ['spec', 'template']);
    const replicasWriter = writerOf(metadata.managedFields, ['spec', 'replicas']);
    const scaledFrom = counted.desired === 0 && kind !== 'daemonset' ? await lastReplicas(target.key, clients) : 0;
    return {
      kind,
      cluster,
      namespace,
      name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      ...counted,
      restartedAt: template.metadata?.annotations?.[restartAnnotation] ?? '',
      ...(template.spec.containers.every(({ readinessProbe }) => readinessProbe) && { probed: true }),
      templateHash: templateHash(template),
      owners: ownersOf(metadata),
      ...markOf(metadata),
      ...(scaledFrom > 0 && { scaledFrom }),
      ...(templateWriter && { templateWriter }),
      ...(replicasWriter && { replicasWriter }),
      ...countsOf(
        own.map((pod) => podDigest(pod)),
        misplaced,
      ),
    };
  };

/** Up to half of them are on their way out: whoever waits for the end of one has to find it beside many that are ill. */
function countsOf(
  pods: readonly PodDigest[],
  misplaced: number,
): Pick<WorkloadState, 'ready' | 'present' | 'pods' | 'ill' | 'starting' | 'newestPodAt'> {
  const isIll = ({ trouble }: PodDigest): boolean => trouble !== '';
  const rank = (pod: PodDigest): number =>
    4 * Number(pod.mode !== undefined) + 2 * Number(isIll(pod)) + Number(!pod.ready);
  const ranked = pods.toSorted((a, b) => rank(b) - rank(a) || b.diedAt - a.diedAt);
  const staying = ranked.filter(({ terminating }) => !terminating);
  const going = ranked.filter(({ terminating }) => terminating).slice(0, mostPods / 2);
  return {
    ready: staying.filter(({ ready }) => ready).length,
    present: Math.max(0, staying.length - misplaced),
    ill: pods.filter(isIll).length,
    starting: staying.filter((pod) => !pod.ready && !isIll(pod)).length,
    newestPodAt: Math.max(0, ...pods.map(({ createdAt = 0 }) => createdAt)),
    pods: [...staying.slice(0, mostPods - going.length), ...going],
  };
}
