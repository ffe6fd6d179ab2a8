import type { Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { closedBecause } from './closed-namespace.ts';
import { controllerOf } from './controller-of.ts';
import { handsOff, modeAnnotation } from './hands-off.ts';
import { kubernetesKey, parseKubernetesKey } from './key.ts';
import { protectedBecause } from './protected.ts';

/** Static pods: the kubelet runs them from a file, and the API shows a mirror of each. */
const isStatic = ({ metadata }: Pod): boolean =>
  metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined || controllerOf(metadata)?.kind === 'Node';

const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** What a drain moves: not what belongs to the node itself (DaemonSets, static pods), and not what has ended. */
export const toMove = (pod: Pod): boolean =>
  !isStatic(pod) && !isFinished(pod) && controllerOf(pod.metadata)?.kind !== 'DaemonSet';

/** A pod that a drain would move. */
export interface MovedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** No controller would make it again. */
  readonly bare: boolean;
  /** Its emptyDir volumes, whose data ends with it. */
  readonly emptyDirs: number;
  readonly terminating: boolean;
  /** Why it is never acted on, by what it is, where it is, or its annotation: `prometheus is part of the monitoring`; empty: it may be. */
  readonly protectedBecause: string;
  /** The key of what is changed when it goes: its workload's, as far as its name tells, else its own. */
  readonly touches: string;
}

function touchedBy({ metadata }: Pod, cluster: string): string {
  const { name, namespace = '', labels } = metadata;
  const owner = controllerOf(metadata);
  const hash = labels?.['pod-template-hash'];
  if (owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return kubernetesKey({ cluster, namespace, kind: 'deployment', name: owner.name.slice(0, -hash.length - 1) });
  const kind = owner?.kind === 'StatefulSet' || owner?.kind === 'Job' ? owner.kind.toLowerCase() : 'pod';
  return kubernetesKey({ cluster, namespace, kind, name: kind === 'pod' ? name : (owner?.name ?? name) });
}

/** What of a cluster its pods are judged by. */
export type Moved = Pick<KubernetesClient, 'name' | 'protectedNamespaces'>;

function marked({ metadata }: Pod): string | undefined {
  const mode = handsOff(metadata);
  return mode === undefined ? undefined : `its annotation ${modeAnnotation} is ${mode === '' ? 'empty' : mode}`;
}

/** Those of the pods on a node that a drain would move. */
export const movedPods = (cluster: Moved, pods: readonly Pod[]): readonly MovedPod[] =>
  pods.filter(toMove).map((pod) => {
    const { volumes } = pod.spec;
    const { namespace = '' } = pod.metadata;
    const touches = touchedBy(pod, cluster.name);
    const likeness = { labels: [pod.metadata.labels], pods: pod.spec };
    const names = [pod.metadata.name, parseKubernetesKey(touches).name];
    const reasons = [
      closedBecause(namespace, cluster),
      marked(pod),
      ...names.map((name) => protectedBecause({ ...likeness, name })),
    ];
    return {
      namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      bare: controllerOf(pod.metadata) === undefined,
      emptyDirs: Array.isArray(volumes) ? volumes.filter(isEmptyDir).length : 0,
      terminating: pod.metadata.deletionTimestamp !== undefined,
      protectedBecause: reasons.find((reason) => reason !== undefined) ?? '',
      touches,
    };
  });

const isEmptyDir = (volume: unknown): boolean => typeof volume === 'object' && volume !== null && 'emptyDir' in volume;
