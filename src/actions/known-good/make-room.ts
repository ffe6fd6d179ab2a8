import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Deployment, Pod } from '../../domain/kubernetes.ts';
import type { KubernetesClient } from '../../domain/kubernetes-client.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { handsOff } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { ownPods } from '../../kubernetes/own-pods.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import { selectorText } from '../../kubernetes/selector-text.ts';
import { wait } from '../../domain/wait.ts';

/** How long is looked whether pods of the version that was put back find a place; and how long they are helped to one, ms. */
const lookMs = 5_000;
const helpMs = 60_000;
const pauseMs = 250;
const hashLabel = 'pod-template-hash';

/**
 * The pods of the version that was put back may wait for room that pods of the replaced one hold: then the ill ones of
 * these go, one at a time. Only a Deployment makes the new ones first. `before`: uids of the pods there were. Nothing of the
 * workload is lost by that, and a refusal is no failure.
 */
export async function makeRoom(
  target: string,
  before: ReadonlySet<string>,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const { kind, cluster, namespace, name } = parseKubernetesKey(target);
  if (kind !== 'deployment') return;
  const client = kubernetesCluster(cluster, clients);
  const begun = Date.now();
  let evicted = 0;
  for (;;) {
    const deployment = await client.get('deployments.apps', { namespace, name }, signal);
    if (deployment === undefined) return;
    const pods = await podsOf(deployment, client, signal);
    const fresh = pods.filter(({ metadata }) => !before.has(metadata.uid));
    const unplaced = fresh.filter(({ spec }) => spec.nodeName === undefined);
    const waiting = unplaced.filter(waitsForRoom);
    const desired = deployment.spec.replicas ?? 1;
    // What the scheduler has not looked at yet may still find no room.
    const isPlaced = fresh.length > 0 && unplaced.length === 0 && (evicted === 0 || fresh.length >= desired);
    if (waiting.length === 0 && (isPlaced || isRolledOut(deployment, desired))) return;
    if (Date.now() - begun > (unplaced.length > 0 || evicted > 0 ? helpMs : lookMs)) return;
    const isLeaving = pods.some(({ metadata }) => metadata.deletionTimestamp !== undefined);
    const old = pods.find((pod) => before.has(pod.metadata.uid) && isLeft(pod, waiting) && mayGo(pod));
    if (waiting.length > 0 && !isLeaving && old !== undefined && (await goes(old, client, signal))) evicted += 1;
    await wait(pauseMs, 'room for its pods', signal);
  }
}

/** The uids of the pods that there are: those of another kind than a Deployment need no room. Throws ActionError. */
export async function podsBefore(target: string, clients: Clients, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { kind, cluster, namespace, name } = parseKubernetesKey(target);
  if (kind !== 'deployment') return new Set();
  const client = kubernetesCluster(cluster, clients);
  const deployment = await client.get('deployments.apps', { namespace, name }, signal);
  const pods = deployment === undefined ? [] : await podsOf(deployment, client, signal);
  return new Set(pods.map(({ metadata }) => metadata.uid));
}

async function podsOf({ metadata, spec }: Deployment, client: KubernetesClient, signal: AbortSignal) {
  const { selector } = spec;
  const where = { namespace: metadata.namespace ?? '', labelSelector: selectorText(selector) };
  const selected = await client.list('pods', where, signal);
  return ownPods('deployment', { metadata, selector }, selected, client, signal);
}

/** It serves nobody, and nobody says hands off. */
const mayGo = (pod: Pod): boolean => !podDigest(pod).ready && handsOff(pod.metadata) === undefined;

/** Of another version than those that wait. */
const isLeft = (pod: Pod, waiting: readonly Pod[]): boolean =>
  waiting.every((one) => one.metadata.labels?.[hashLabel] !== pod.metadata.labels?.[hashLabel]);

async function goes({ metadata }: Pod, client: KubernetesClient, signal: AbortSignal): Promise<boolean> {
  const { namespace = '', name, uid } = metadata;
  try {
    return !('blockedBy' in (await client.evict({ namespace, name }, uid, signal)));
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason === 'aborted') throw error;
    return false;
  }
}

/** No pod of another version is left: those of this one may all have been there before. */
const isRolledOut = ({ metadata, status }: Deployment, desired: number): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
  (status?.updatedReplicas ?? 0) >= desired &&
  (status?.replicas ?? 0) <= desired;

/** The scheduler has looked at it, and something that is there is in its way. */
function waitsForRoom({ status }: Pod): boolean {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.reason === 'Unschedulable';
}
