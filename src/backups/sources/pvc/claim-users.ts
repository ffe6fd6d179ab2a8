import { z } from 'zod';
import type { Pod } from '../../../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../../../domain/kubernetes-client.ts';
import { drillLabel, isDrillContainer } from '../../../domain/drill-things.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { hasEnded } from '../../../kubernetes/has-ended.ts';

/** A pod that uses a claim, and the first of its containers that mounts it. */
export interface ClaimUser {
  readonly pod: Pod;
  readonly container: string;
}

const volumes = z
  .array(
    z.looseObject({ name: z.string(), persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional() }),
  )
  .default([]);
const mounts = z.array(z.looseObject({ name: z.string() })).default([]);

/** Those that use it, or are going to; none of ours, and none that has ended. Throws ActionError. */
export async function usersOfClaim(
  client: KubernetesClient,
  { namespace, name }: Place,
  signal: AbortSignal,
): Promise<readonly ClaimUser[]> {
  return (await podsWith(client, { namespace, name }, signal)).filter(({ pod }) => !isOurs(pod));
}

/** Those of ours that have it, for another run than that one: `pod shop/paramedic-drill-0123456789ab of run b_1`. Throws ActionError. */
export async function otherRunsAt(
  client: KubernetesClient,
  place: Place,
  run: string | undefined,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly said: string }[]> {
  const users = await podsWith(client, place, signal);
  return users.flatMap(({ pod: { metadata } }) => {
    const { name, labels = {} } = metadata;
    const of = labels[drillLabel];
    if (!isDrillContainer(name) || of === undefined || of === run) return [];
    return [{ name, said: `pod ${place.namespace}/${name} of run ${of}` }];
  });
}

const isOurs = ({ metadata }: Pod): boolean => isDrillContainer(metadata.name);

async function podsWith(
  client: KubernetesClient,
  { namespace, name }: Place,
  signal: AbortSignal,
): Promise<readonly ClaimUser[]> {
  const pods = await client.list('pods', { namespace }, signal);
  return pods.flatMap((pod) => {
    if (hasEnded(pod)) return [];
    const its = volumes
      .parse(pod.spec['volumes'])
      .flatMap((volume) => (volume.persistentVolumeClaim?.claimName === name ? [volume.name] : []));
    if (its.length === 0) return [];
    const { containers } = pod.spec;
    const mounting = containers.find(({ volumeMounts }) =>
      mounts.parse(volumeMounts).some((mount) => its.includes(mount.name)),
    );
    const container = mounting ?? containers[0];
    return container === undefined ? [] : [{ pod, container: container.name }];
  });
}

/** Whether nobody would write to it meanwhile. */
export function isFree(users: readonly ClaimUser[]): Verdict {
  if (users.length === 0) return yes('no pod uses it');
  const names = users.map(({ pod }) => pod.metadata.name).toSorted();
  return no(`${names.join(' and ')} would write to it meanwhile; nothing was touched: scale what makes them to 0`);
}
