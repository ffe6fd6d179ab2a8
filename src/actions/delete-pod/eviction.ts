import { z } from 'zod';
import type { Verified } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Pod } from '../../domain/kubernetes.ts';
import type { Permission } from '../../domain/permission.ts';
import { no, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { handsOff, handsOffPhrase } from '../../kubernetes/hands-off.ts';
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
});
export type Change = z.infer<typeof change>;

const goes = (pod: Pod | undefined, uid: string): boolean =>
  pod === undefined || pod.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined;

/** One after the other, so that each disruption budget counts the one before. */
export async function evict(
  { cluster, namespace, pods }: Change,
  clients: Clients,
  signal: AbortSignal,
): Promise<void> {
  const client = kubernetesCluster(cluster, clients);
  for (const [done, { name, uid }] of pods.entries()) {
    const place = { namespace, name };
    const pod = await client.get('pods', place, signal);
    if (pod === undefined || goes(pod, uid)) continue;
    const sofar = pods.length === 1 ? '' : ` (${done} of ${pods.length} pods were)`;
    const refused = (because: string): ActionError =>
      new ActionError(`pod ${namespace}/${name} is not evicted${sofar}: ${because}`, 'conflict', false);
    // Somebody may have said so since it was planned.
    const mode = handsOff(pod.metadata);
    if (mode !== undefined) throw refused(handsOffPhrase(name, mode));
    const answer = await client.evict(place, uid, signal);
    if ('blockedBy' in answer) throw refused(answer.blockedBy);
  }
}

/** Whether all of them are gone, or on their way. */
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

/** Those of the pinned pods that are still there keep it from being true. */
export function allGone({ namespace, pods }: Change, now: readonly PodDigest[]): Verified {
  const [left] = now.filter(({ uid }) => pods.some((pinned) => pinned.uid === uid));
  if (left !== undefined)
    return no(`pod ${namespace}/${left.name} ${left.terminating ? 'is still stopping' : 'is still there'}`);
  const [one, ...others] = pods;
  return yes(
    others.length > 0
      ? `${pods.length} pods are gone from ${namespace}`
      : `pod ${namespace}/${one?.name ?? ''} is gone`,
  );
}
