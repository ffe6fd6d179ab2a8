import { drillLabel, isDrillContainer } from '../domain/drill-things.ts';
import type { Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { type OwnRedis, runsOwnRedis } from '../domain/own-redis.ts';
import { closedBecause } from './closed-namespace.ts';
import { controllerOf } from './controller-of.ts';
import { handsOff, modeAnnotation } from './hands-off.ts';
import { hasEnded } from './has-ended.ts';
import { kubernetesKey } from './key.ts';
import { makerOf } from './maker-of.ts';
import { isOwnRedis, ownRedisIn, type RedisHere } from './own-redis.ts';
import { podDigest } from './pod-digest.ts';
import { protectedBecause } from './protected.ts';
import { serves } from './serving.ts';

/** Static pods: the kubelet runs them from a file, and the API shows a mirror of each. */
const isStatic = ({ metadata }: Pod): boolean =>
  metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined || controllerOf(metadata)?.kind === 'Node';

/** What a drain moves: not what belongs to the node itself (DaemonSets, static pods), and not what has ended. */
export const toMove = (pod: Pod): boolean =>
  !isStatic(pod) && !hasEnded(pod) && controllerOf(pod.metadata)?.kind !== 'DaemonSet';

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
  /**
   * What it is one of several of, while one of them may go at a time: the key of its workload, or the uid of whatever else
   * makes it. Empty: a bare pod, or one that works to an end (a Job's), which nobody waits for.
   */
  readonly group: string;
}

const groupOf = (cluster: string, pod: Pod, maker: ReturnType<typeof makerOf>): string => {
  const { metadata } = pod;
  if (maker.kind === 'job' || isOfDrill(pod)) return '';
  return maker.kind === 'pod'
    ? (controllerOf(metadata)?.uid ?? '')
    : kubernetesKey({ cluster, namespace: metadata.namespace ?? '', ...maker });
};

/** How many pods of a group are well, of those of its namespace. */
export const wellIn = (group: string, cluster: string, pods: readonly Pod[]): number =>
  pods
    .filter((pod) => groupOf(cluster, pod, makerOf(pod)) === group)
    .map((pod) => podDigest(pod))
    .filter(serves).length;

/** What of a cluster its pods are judged by. */
export type Moved = Pick<KubernetesClient, 'name' | 'protectedNamespaces'>;

/**
 * A pod of ours that a backup, a drill or a restore goes on in: it holds nothing that is not elsewhere, and whoever made it says
 * that it did not end well. It must not keep a node from being drained.
 */
const isOfDrill = ({ metadata: { name, labels } }: Pod): boolean =>
  isDrillContainer(name) && labels?.[drillLabel] !== undefined;

function marked({ metadata }: Pod): string | undefined {
  const mode = handsOff(metadata);
  return mode === undefined ? undefined : `its annotation ${modeAnnotation} is ${mode === '' ? 'empty' : mode}`;
}

/** What our own Redis is, by the namespaces of those pods. Throws ActionError when the cluster does not tell. */
export async function ownRedisAmong(
  pods: readonly Pod[],
  client: KubernetesClient,
  own: OwnRedis | undefined,
): Promise<ReadonlyMap<string, RedisHere | undefined>> {
  const namespaces = [...new Set(pods.filter(toMove).map(({ metadata }) => metadata.namespace ?? ''))];
  return new Map(await Promise.all(namespaces.map(async (one) => [one, await ownRedisIn(one, client, own)] as const)));
}

/** Those of the pods on a node that a drain would move. `redis`: what our own Redis is in a namespace. */
export const movedPods = (
  cluster: Moved,
  pods: readonly Pod[],
  redis: ReadonlyMap<string, RedisHere | undefined> = new Map(),
): readonly MovedPod[] =>
  pods.filter(toMove).map((pod) => {
    const { volumes } = pod.spec;
    const { namespace = '' } = pod.metadata;
    const maker = makerOf(pod);
    const labels = [pod.metadata.labels];
    const both = [{ kind: 'pod', name: pod.metadata.name }, maker];
    const reasons = [
      closedBecause(namespace, cluster),
      marked(pod),
      ...(isOfDrill(pod) ? [] : both.map(({ name }) => protectedBecause({ name, labels, pods: pod.spec }))),
      ...both.map((one) => (isOwnRedis({ ...one, labels }, redis.get(namespace)) ? runsOwnRedis : undefined)),
    ];
    return {
      namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      bare: controllerOf(pod.metadata) === undefined && !isOfDrill(pod),
      emptyDirs: Array.isArray(volumes) && !isOfDrill(pod) ? volumes.filter(isEmptyDir).length : 0,
      terminating: pod.metadata.deletionTimestamp !== undefined,
      protectedBecause: reasons.find((reason) => reason !== undefined) ?? '',
      touches: kubernetesKey({ cluster: cluster.name, namespace, ...maker }),
      group: groupOf(cluster.name, pod, maker),
    };
  });

const isEmptyDir = (volume: unknown): boolean => typeof volume === 'object' && volume !== null && 'emptyDir' in volume;
