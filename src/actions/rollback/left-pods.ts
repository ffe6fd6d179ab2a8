import { z } from 'zod';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { evictInOrder } from '../../kubernetes/evict-in-order.ts';
import { handsOff, handsOffPhrase } from '../../kubernetes/hands-off.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import type { PodDigest } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';
import { wait } from '../../domain/wait.ts';
import { look, phraseOf, type PinnedWorkload } from '../pinned-workload.ts';
import { hasTemplate, type PinnedWay, type Version } from './template-writer.ts';

/** How long all of it may take: a budget and the next pod are waited for, ms. */
const timeoutMs = 120_000;
/** How soon is looked again, ms. */
const pauseMs = 500;

/** Very pods, by uid: their StatefulSet gives the name to the next one. In the order in which they are to go. */
export const leftPods = z.array(z.strictObject({ name: z.string().min(1), uid: z.string().min(1) }));
export type LeftPods = z.infer<typeof leftPods>;

const ordinalOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);

/**
 * The pods of the version that is left which are ill, the lowest ordinal first, which is the one the controller waits for
 * (kubernetes/kubernetes#67250). What ails the others replaces itself in order; a node that is down is no matter of pods.
 */
export const leftPodsOf = (ill: readonly PodDigest[]): LeftPods =>
  ill
    .filter(({ trouble }) => causeOf(trouble) !== 'node')
    .toSorted((a, b) => ordinalOf(a.name) - ordinalOf(b.name))
    .map(({ name, uid }) => ({ name, uid }));

type Pinned = PinnedWay<Version> & { readonly pods: LeftPods };

/**
 * Evicts them one at a time, each once the controller knows the template that was put back (else it would make the bad
 * pod again) and the one before is ready again. Those that are gone are passed over, so it goes on where it stopped. Comes
 * to an end without a word when the template is another by now, or the next pod does not get ready in time: both show in
 * the workload. Throws ActionError `conflict` when a disruption budget or the pod's own annotation does not allow it.
 */
export async function evictLeft(pinned: Pinned, clients: Clients, signal: AbortSignal): Promise<void> {
  const client = kubernetesCluster(pinned.cluster, clients);
  const until = Date.now() + timeoutMs;
  let before: LeftPods[number] | undefined;
  for (const { name, uid } of pinned.pods) {
    const place = { namespace: pinned.namespace, name };
    const pod = await client.get('pods', place, signal);
    if (pod?.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined) {
      before = { name, uid };
      continue;
    }
    const mode = handsOff(pod.metadata);
    if (mode !== undefined)
      throw new ActionError(
        `pod ${place.namespace}/${name} is not evicted: ${handsOffPhrase(name, mode)}`,
        'conflict',
        false,
      );
    if (!(await comesItsTurn(pinned, before, until, clients, signal))) return;
    await evictInOrder([{ ...place, uid }], client, { timeoutMs, until, pauseMs }, signal);
    before = { name, uid };
  }
}

/** Waits for it; false: it does not come, or not in time. */
async function comesItsTurn(
  pinned: Pinned,
  before: LeftPods[number] | undefined,
  until: number,
  clients: Clients,
  signal: AbortSignal,
): Promise<boolean> {
  for (; Date.now() < until; await wait(pauseMs, phraseOf(pinned), signal)) {
    const workload = await look(pinned, clients, signal);
    if (!hasTemplate(pinned.to)(workload)) return false;
    if ((workload.status?.observedGeneration ?? 0) < (workload.metadata.generation ?? 0)) continue;
    if (before === undefined || (await isReplaced(pinned, before, clients, signal))) return true;
  }
  return false;
}

async function isReplaced(
  { cluster, namespace }: PinnedWorkload,
  { name, uid }: LeftPods[number],
  clients: Clients,
  signal: AbortSignal,
): Promise<boolean> {
  const pod = await kubernetesCluster(cluster, clients).get('pods', { namespace, name }, signal);
  return pod !== undefined && pod.metadata.uid !== uid && podDigest(pod).ready;
}
