import { z } from 'zod';
import type { Verified } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Pod } from '../../domain/kubernetes.ts';
import type { KubernetesClient } from '../../domain/kubernetes-client.ts';
import type { Permission } from '../../domain/permission.ts';
import { no, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { controllerOf } from '../../kubernetes/controller-of.ts';
import { handsOff, handsOffPhrase } from '../../kubernetes/hands-off.ts';
import { podDigest } from '../../kubernetes/pod-digest.ts';
import { serves } from '../../kubernetes/serving.ts';
import type { PodDigest } from '../../kubernetes/state.ts';

export const permissions: readonly Permission[] = [
  { platform: 'kubernetes', resource: 'pods', verbs: ['get'] },
  { platform: 'kubernetes', resource: 'pods/eviction', verbs: ['create'] },
];

/** Very pods of one namespace, by uid: a StatefulSet gives the name to the next one. */
export const change = z.strictObject({
  cluster: z.string().min(1),
  namespace: z.string().min(1),
  pods: z.array(z.strictObject({ name: z.string().min(1), uid: z.string().min(1) })).min(1),
  /** Where they are members of one another (a StatefulSet): how many of the others were well. Fewer by now: none goes. */
  wellBeside: z.number().int().nonnegative().optional(),
});
export type Change = z.infer<typeof change>;

const goes = (pod: Pod | undefined, uid: string): boolean =>
  pod === undefined || pod.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined;

/** How many pods of the same controller are well, beside this one. */
async function countWell({ metadata }: Pod, client: KubernetesClient, signal: AbortSignal): Promise<number> {
  const owner = controllerOf(metadata)?.uid;
  const all = await client.list('pods', { namespace: metadata.namespace ?? '' }, signal);
  return all
    .filter((one) => owner !== undefined && controllerOf(one.metadata)?.uid === owner)
    .filter((one) => one.metadata.uid !== metadata.uid)
    .map((one) => podDigest(one))
    .filter(serves).length;
}

/**
 * One after the other, so that each disruption budget counts the one before. The plan may be old by now: a pod that is
 * well again stays.
 */
export async function evict(
  { cluster, namespace, pods, wellBeside = 0 }: Change,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const client = kubernetesCluster(cluster, clients);
  let done = 0;
  for (const { name, uid } of pods) {
    const place = { namespace, name };
    const pod = await client.get('pods', place, signal);
    if (pod === undefined || goes(pod, uid)) {
      done += 1;
      continue;
    }
    if (podDigest(pod).trouble === '') continue;
    const sofar = pods.length === 1 ? '' : ` (${done} of ${pods.length} pods were)`;
    const refused = (because: string): ActionError =>
      new ActionError(`pod ${namespace}/${name} is not evicted${sofar}: ${because}`, 'conflict', false);
    // Somebody may have said so since it was planned.
    const mode = handsOff(pod.metadata);
    if (mode !== undefined) throw refused(handsOffPhrase(name, mode));
    const well = wellBeside === 0 ? 0 : await countWell(pod, client, signal);
    if (well < wellBeside)
      throw refused(`only ${well} of the others are well by now, and ${wellBeside} were when it was planned`);
    const answer = await client.evict(place, uid, signal);
    if ('blockedBy' in answer) throw refused(answer.blockedBy);
    done += 1;
  }
  if (done > 0) return;
  const [one] = pods;
  const which = pods.length === 1 ? `pod ${namespace}/${one?.name ?? ''} is` : `the ${pods.length} pods are`;
  throw new ActionError(`nothing is evicted: ${which} well by now`, 'conflict', false);
}

/** Whether all of them are gone, or on their way. One that is well again is neither: `evict` tells what to do then. */
export async function evicted(
  { cluster, namespace, pods }: Change,
  clients: Clients,
): Promise<'done' | 'not-done' | 'unknown'> {
  try {
    const client = kubernetesCluster(cluster, clients);
    const going = await Promise.all(
      pods.map(async ({ name, uid }) => goes(await client.get('pods', { namespace, name }), uid)),
    );
    return going.every(Boolean) ? 'done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/** Those of the pinned pods that are still there keep it from being true, unless they got well and were passed over. */
export function allGone({ namespace, pods }: Change, now: readonly PodDigest[]): Verified {
  const there = now.filter(({ uid }) => pods.some((pinned) => pinned.uid === uid));
  const left = there.find(({ terminating, trouble }) => terminating || trouble !== '');
  if (left !== undefined)
    return no(`pod ${namespace}/${left.name} ${left.terminating ? 'is still stopping' : 'is still there'}`);
  const [one, ...others] = pods;
  const stay = there.length > 0 ? `, ${there.length} got well and ${there.length === 1 ? 'stays' : 'stay'}` : '';
  return yes(
    others.length > 0
      ? `${pods.length - there.length} of ${pods.length} pods are gone from ${namespace}${stay}`
      : `pod ${namespace}/${one?.name ?? ''} is gone`,
  );
}
