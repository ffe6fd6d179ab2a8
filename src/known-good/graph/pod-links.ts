import type { Pod } from '../../domain/kubernetes.ts';
import { controllerOf } from '../../kubernetes/controller-of.ts';
import { hasEnded } from '../../kubernetes/has-ended.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import { timeOf } from '../../kubernetes/time.ts';
import type { Labels } from './label-selector.ts';
import type { Keys } from './links.ts';

/** What is kept of one pod. */
export interface PodLinks {
  readonly namespace: string;
  readonly name: string;
  /** Key of the workload that makes it; the empty string: none that is a target. */
  readonly owner: string;
  /** Of one without an owner; another's are its owner's. */
  readonly labels: Labels;
  /** The empty string: it has no place yet. */
  readonly node: string;
  /** On its way out. */
  readonly leaving: boolean;
  readonly ready: boolean;
  /** When it last became ready, a container of it started, or one ended, ms since the epoch: the latest of these. */
  readonly since: number;
}

/** Undefined: it has run to its end, and is no pod of anybody any more. */
export function podLinks(pod: Pod, keys: Keys, now: number): PodLinks | undefined {
  if (hasEnded(pod)) return undefined;
  const { namespace = '', name, labels = {} } = pod.metadata;
  const { node, ready, terminating, startedAt, diedAt } = podDigest(pod, now);
  const owner = ownerOf(pod, keys);
  const readyAt = timeOf(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime);
  return {
    namespace,
    name,
    owner,
    labels: owner === '' ? labels : {},
    node,
    leaving: terminating,
    ready,
    since: Math.max(readyAt, startedAt, diedAt),
  };
}

/**
 * A Deployment's pods are its ReplicaSets', which are named after it. One that it has adopted keeps the name it had: its
 * pods count for nobody, and the Deployment for not well, until its next roll-out.
 */
function ownerOf({ metadata }: Pod, keys: Keys): string {
  const { namespace = '', labels } = metadata;
  const owner = controllerOf(metadata);
  if (owner?.kind === 'StatefulSet' || owner?.kind === 'DaemonSet')
    return keys.of(owner.kind.toLowerCase(), namespace, owner.name);
  const ending = `-${labels?.['pod-template-hash'] ?? ''}`;
  const isMade = owner?.kind === 'ReplicaSet' && ending !== '-' && owner.name.endsWith(ending);
  return isMade ? keys.of('deployment', namespace, owner.name.slice(0, -ending.length)) : '';
}
