import type { Clients } from '../domain/clients.ts';
import type { Pod } from '../domain/kubernetes.ts';
import type { Target } from '../domain/target.ts';
import { kubernetesCluster } from './cluster.ts';
import { controllerOf } from './controller-of.ts';
import { type Controller, readController } from './controllers.ts';
import { parseKubernetesKey } from './key.ts';
import { handsOff } from './hands-off.ts';
import { ownersOf } from './owners.ts';
import { podDigest } from './pod-digest.ts';
import { selectorText } from './selector-text.ts';
import type { PodDigest, WorkloadState } from './state.ts';
import { templateHash } from './template-diff.ts';
import { writerOf } from './writers.ts';

type Kind = WorkloadState['kind'];

/** Journals keep it. */
const mostPods = 20;

/**
 * Looks at one workload: its own object, and its pods, in two requests. Undefined: it is gone, or another one (uid) has
 * its name. Throws ActionError.
 */
export const observeWorkload =
  (kind: Kind) =>
  async (target: Target, clients: Clients, signal?: AbortSignal): Promise<WorkloadState | undefined> => {
    const { cluster, namespace, name } = parseKubernetesKey(target.key);
    const client = kubernetesCluster(cluster, clients);
    const controller = await readController[kind](client, { namespace, name }, signal);
    if (controller === undefined) return undefined;
    const { metadata, template, selector } = controller;
    if (target.uid !== undefined && metadata.uid !== target.uid) return undefined;
    const selected = await client.list('pods', { namespace, labelSelector: selectorText(selector) }, signal);
    const mode = handsOff(metadata);
    const templateWriter = writerOf(metadata.managedFields, ['spec', 'template']);
    const replicasWriter = writerOf(metadata.managedFields, ['spec', 'replicas']);
    const { desired, updated, available, observed, paused, strategy, stalled, held } = controller;
    return {
      kind,
      cluster,
      namespace,
      name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      desired,
      updated,
      available,
      observed,
      paused,
      strategy,
      stalled,
      held,
      restartedAt: template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'] ?? '',
      templateHash: templateHash(template),
      owners: ownersOf(metadata),
      ...(mode !== undefined && { mode }),
      ...(templateWriter && { templateWriter }),
      ...(replicasWriter && { replicasWriter }),
      ...countsOf(selected.filter((pod) => isActive(pod) && isOwn(kind, controller, pod)).map((pod) => podDigest(pod))),
    };
  };

/** One that has ended is no pod of it any more: its controller has made another in its place, or will. */
const isActive = ({ status }: Pod): boolean => status?.phase !== 'Failed' && status?.phase !== 'Succeeded';

/** Selectors of two workloads may overlap. A Deployment's pods are its ReplicaSets', which are named after both. */
function isOwn(kind: Kind, { metadata }: Controller, pod: Pod): boolean {
  const owner = controllerOf(pod.metadata);
  if (kind !== 'deployment') return owner?.uid === metadata.uid;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  return owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name === `${metadata.name}-${hash}`;
}

function countsOf(pods: readonly PodDigest[]): Pick<WorkloadState, 'ready' | 'present' | 'pods' | 'ill' | 'starting'> {
  const isIll = ({ trouble }: PodDigest): boolean => trouble !== '';
  const staying = pods.filter(({ terminating }) => !terminating);
  const rank = (pod: PodDigest): number => 2 * Number(pod.mode !== undefined) + Number(isIll(pod));
  return {
    ready: staying.filter(({ ready }) => ready).length,
    present: staying.length,
    ill: pods.filter(isIll).length,
    starting: staying.filter((pod) => !pod.ready && !isIll(pod)).length,
    pods: pods.toSorted((a, b) => rank(b) - rank(a) || b.diedAt - a.diedAt).slice(0, mostPods),
  };
}
