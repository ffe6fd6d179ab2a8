import type { Meta, Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { controllerOf } from './controller-of.ts';
import { hasEnded } from './has-ended.ts';
import { selectorText } from './selector-text.ts';
import type { WorkloadState } from './state.ts';

/** Whose pods are asked for. */
export interface Maker {
  readonly metadata: Meta;
  readonly selector: Parameters<typeof selectorText>[0];
}

/**
 * Those of the selected pods that the workload itself makes, and that have not ended: selectors of two workloads may
 * overlap. A Deployment's pods are its ReplicaSets', which are named after both; one that it has adopted keeps the name it
 * had, so where pods have another one there is a third request, for who owns it. Throws ActionError.
 */
export async function ownPods(
  kind: WorkloadState['kind'],
  { metadata, selector }: Maker,
  selected: readonly Pod[],
  client: KubernetesClient,
  signal?: AbortSignal,
): Promise<readonly Pod[]> {
  const { uid, name, namespace = '' } = metadata;
  // One that has ended is no pod of it any more: its controller has made another in its place, or will.
  const active = selected.filter((pod) => !hasEnded(pod));
  if (kind !== 'deployment') return active.filter((pod) => controllerOf(pod.metadata)?.uid === uid);
  const ofSets = active.filter((pod) => controllerOf(pod.metadata)?.kind === 'ReplicaSet');
  const isNamed = ({ metadata: pod }: Pod): boolean => {
    const hash = pod.labels?.['pod-template-hash'];
    return hash !== undefined && controllerOf(pod)?.name === `${name}-${hash}`;
  };
  if (ofSets.every(isNamed)) return ofSets;
  const sets = await client.list('replicasets.apps', { namespace, labelSelector: selectorText(selector) }, signal);
  const own = new Set(sets.filter((set) => controllerOf(set.metadata)?.uid === uid).map((set) => set.metadata.uid));
  return ofSets.filter((pod) => isNamed(pod) || own.has(controllerOf(pod.metadata)?.uid ?? ''));
}
