import type { Condition, Node, Pod } from '../domain/kubernetes.ts';
import { markOf } from './hands-off.ts';
import { toMove } from './node-pods.ts';
import { timeOf } from './time.ts';
import { isOurs, writerOf } from './writers.ts';

const cordon = ['spec', 'unschedulable'];

/** A node as far as we judge it. Small: it is kept in journals. */
export interface NodeState {
  readonly cluster: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly ready: boolean;
  /** When it became ready, or ceased to be, ms since the epoch; 0: it has never said. */
  readonly readySince: number;
  /** Cordoned. */
  readonly unschedulable: boolean;
  /** The field manager that cordoned it; empty when it is not, or left no name. */
  readonly cordonedBy: string;
  /** One phrase for each condition that is wrong: `disk pressure (KubeletHasDiskPressure)`. */
  readonly wrong: readonly string[];
  /** The taint by which an autoscaler says that it is taking the node away; empty when there is none. */
  readonly leaving: string;
  readonly taints: number;
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  /** uids of the pods that a drain would move, without those that are on their way out already. */
  readonly pods: readonly string[];
}

/** What is wrong when it is true. Other conditions are left out: some (`EtcdIsVoter`) are true when all is well. */
const troubles: Readonly<Record<string, string>> = {
  MemoryPressure: 'memory pressure',
  DiskPressure: 'disk pressure',
  PIDPressure: 'PID pressure',
  NetworkUnavailable: 'network unavailable',
  // Of node-problem-detector.
  KernelDeadlock: 'kernel deadlock',
  ReadonlyFilesystem: 'read-only file system',
  CorruptDockerOverlay2: 'corrupt overlay2',
  FrequentKubeletRestart: 'kubelet restarts frequently',
  FrequentContainerdRestart: 'containerd restarts frequently',
  FrequentDockerRestart: 'Docker restarts frequently',
};
const leavingTaints: readonly string[] = ['ToBeDeletedByClusterAutoscaler', 'karpenter.sh/disrupted'];

const readyOf = ({ status }: Node): Condition | undefined => status?.conditions?.find(({ type }) => type === 'Ready');
const because = (reason: string | undefined): string => (reason === undefined || reason === '' ? '' : ` (${reason})`);

/** A phrase for each condition that is wrong. */
export function wrongWith(node: Node): readonly string[] {
  const ready = readyOf(node);
  const notReady = ready?.status === 'Unknown' ? 'its kubelet is silent' : 'not ready';
  return [
    ...(ready?.status === 'True' ? [] : [`${notReady}${because(ready?.reason)}`]),
    ...(node.status?.conditions ?? []).flatMap(({ type, status, reason }) => {
      const trouble = troubles[type];
      return trouble === undefined || status !== 'True' ? [] : [`${trouble}${because(reason)}`];
    }),
  ];
}

/** The node and the pods on it, as the API tells them. */
export function nodeState(cluster: string, node: Node, pods: readonly Pod[]): NodeState {
  const { metadata, spec } = node;
  const taints = spec?.taints ?? [];
  const unschedulable = spec?.unschedulable === true;
  const ready = readyOf(node);
  return {
    cluster,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    ready: ready?.status === 'True',
    readySince: timeOf(ready?.lastTransitionTime),
    unschedulable,
    cordonedBy: unschedulable ? (cordonWriter(node) ?? '') : '',
    wrong: wrongWith(node),
    leaving: taints.find(({ key }) => leavingTaints.includes(key))?.key ?? '',
    taints: taints.length,
    ...markOf(metadata),
    pods: pods
      .filter((pod) => toMove(pod) && pod.metadata.deletionTimestamp === undefined)
      .map((pod) => pod.metadata.uid),
  };
}

/** Who cordoned it; undefined when its `managedFields` do not tell. */
export const cordonWriter = ({ metadata }: Node): string | undefined =>
  writerOf(metadata.managedFields, cordon)?.manager;

/** Whether it is cordoned, or was uncordoned, by us. */
export const isOurCordon = ({ metadata }: Node): boolean => isOurs(metadata, cordon);

/** How the other nodes of a cluster stand. */
export interface NodeRoom {
  readonly name: string;
  /** Any pod may run here while it is well: no taint of its owner's keeps them off. */
  readonly forAll: boolean;
  /** Ready, and not cordoned. */
  readonly open: boolean;
}

/** Kubernetes' own taints say how a node is at the moment, all others what it is for. */
const isMomentary = (key: string): boolean => key.startsWith('node.kubernetes.io/');

export function nodeRoom(node: Node): NodeRoom {
  const { metadata, spec } = node;
  const keepsOff = (spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  return {
    name: metadata.name,
    forAll: keepsOff.every(({ key }) => isMomentary(key)),
    open:
      spec?.unschedulable !== true && readyOf(node)?.status === 'True' && !keepsOff.some(({ key }) => isMomentary(key)),
  };
}

/** The others that any pod can go to now. */
export const roomBeside = (name: string, nodes: readonly NodeRoom[]): readonly NodeRoom[] =>
  nodes.filter((one) => one.name !== name && one.forAll && one.open);
