import type { Clients } from '../../domain/clients.ts';
import type { HorizontalPodAutoscaler, ScaledObject } from '../../domain/kubernetes.ts';
import type { Permission } from '../../domain/permission.ts';
import type { Target } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';

export const permissions: readonly Permission[] = [
  { platform: 'kubernetes', resource: 'horizontalpodautoscalers.autoscaling', verbs: ['list'] },
  { platform: 'kubernetes', resource: 'scaledobjects.keda.sh', verbs: ['list'] },
];

/** Who sets the replicas of the target, a phrase with its bounds; null: nobody does. */
export async function autoscalerOf(target: Target, clients: Clients): Promise<string | null> {
  const { cluster, namespace, kind, name } = parseKubernetesKey(target.key);
  const client = kubernetesCluster(cluster, clients);
  const [autoscalers, scaledObjects] = await Promise.all([
    client.list('horizontalpodautoscalers.autoscaling', { namespace }),
    client.list('scaledobjects.keda.sh', { namespace }),
  ]);
  const isMeant = ({ scaleTargetRef }: { readonly scaleTargetRef: Ref }): boolean =>
    (scaleTargetRef.kind ?? 'Deployment').toLowerCase() === kind && scaleTargetRef.name === name;
  const autoscaler = autoscalers.find(({ spec }) => isMeant(spec));
  // KEDA makes a HorizontalPodAutoscaler of its own; whoever wants to change it has to change KEDA's object.
  const scaledObject = scaledObjects.find(({ spec }) => isMeant(spec));
  return phrase(scaledObject, autoscaler) ?? null;
}

interface Ref {
  readonly kind?: string;
  readonly name: string;
}

function phrase(
  scaledObject: ScaledObject | undefined,
  autoscaler: HorizontalPodAutoscaler | undefined,
): string | undefined {
  const bounds = autoscaler && ` (${autoscaler.spec.minReplicas ?? 1} to ${autoscaler.spec.maxReplicas} replicas)`;
  if (scaledObject !== undefined) return `KEDA's ScaledObject ${scaledObject.metadata.name}${bounds ?? ''}`;
  return autoscaler && `HorizontalPodAutoscaler ${autoscaler.metadata.name}${bounds}`;
}
