import type { OwnerReference, Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { controllerOf, customResourceOf } from './controller-of.ts';
import type { KubernetesKind } from './labels.ts';
import { see, type Seen, seenDeployment, seenPod } from './seen.ts';
import { selects } from './selects.ts';

/** The controllers of pods that are targets themselves. */
const targets: Readonly<Record<string, KubernetesKind>> = {
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  // One that a CronJob made is a run of its own: the next one is none of its business.
  Job: 'job',
};

/**
 * What to act on when a pod is ill: the Deployment, StatefulSet, DaemonSet or Job that makes it. The pod itself where
 * there is none; it may only be looked at when nothing, or nothing we know, would make it again.
 */
export async function climb(pod: Pod, client: KubernetesClient): Promise<Seen | Verdict> {
  const { metadata } = pod;
  const owner = controllerOf(metadata);
  const mirrored = metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  if (mirrored || owner?.kind === 'Node') return onlyLook(pod, staticPod(pod));
  if (owner === undefined) return onlyLook(pod, 'it is a bare pod: deleting it is for ever; a human has to do it');
  const custom = customResourceOf(metadata);
  if (custom !== undefined) return onlyLook(pod, ofOperator(custom));
  if (owner.kind === 'ReplicaSet') return throughReplicaSet(pod, owner, client);
  const kind = targets[owner.kind];
  // A ReplicationController is no target of its own, and Kubernetes has no other controller of pods.
  if (kind === undefined) return onlyLook(pod, ofNoTarget(owner));
  return makerOf(pod, kind, owner, client);
}

/** A Deployment's name is its ReplicaSet's without the hash, and its selector proves it: the ReplicaSet needs no read. */
async function throughReplicaSet(pod: Pod, owner: OwnerReference, client: KubernetesClient): Promise<Seen | Verdict> {
  const { namespace = '', labels = {} } = pod.metadata;
  const ending = `-${labels['pod-template-hash'] ?? ''}`;
  if (ending !== '-' && owner.name.endsWith(ending)) {
    const name = owner.name.slice(0, -ending.length);
    const deployment = await client.get('deployments.apps', { namespace, name });
    if (deployment !== undefined && selects(deployment.spec.selector, labels)) return seenDeployment(deployment);
  }
  const replicaSet = await client.get('replicasets.apps', { namespace, name: owner.name });
  if (replicaSet?.metadata.uid !== owner.uid) return gone(pod, owner);
  const above = controllerOf(replicaSet.metadata);
  const custom = customResourceOf(replicaSet.metadata);
  if (custom !== undefined) return onlyLook(pod, ofOperator(custom));
  return above?.kind === 'Deployment' ? makerOf(pod, 'deployment', above, client) : onlyLook(pod, ofNoTarget(owner));
}

async function makerOf(pod: Pod, kind: KubernetesKind, owner: OwnerReference, client: KubernetesClient) {
  const { namespace = '' } = pod.metadata;
  const maker = await see(kind, { namespace, name: owner.name }, client);
  return maker?.meta.uid === owner.uid ? maker : gone(pod, owner);
}

const gone = ({ metadata }: Pod, { kind, name }: OwnerReference): Verdict =>
  no(`pod "${metadata.namespace ?? ''}/${metadata.name}" is left over: its ${kind} ${name} is gone`);

const onlyLook = (pod: Pod, observe: string): Seen => ({ ...seenPod(pod), observe });

const staticPod = ({ spec }: Pod): string =>
  `it is a static pod, made from a file on node ${spec.nodeName ?? 'unknown'}; a human has to do it`;

/** What takes the pod's place would be another target, with no cooldown and no verdict of what was done before it. */
const ofNoTarget = ({ kind, name }: OwnerReference): string =>
  `${kind} ${name} makes it again under another name, so nothing can tell whether that helped; a human has to do it`;

const ofOperator = (resource: string): string =>
  `it belongs to ${resource}, whose operator looks after it; a human has to do it`;
