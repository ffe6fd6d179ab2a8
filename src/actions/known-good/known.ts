import type { Clients } from '../../domain/clients.ts';
import type { Target } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { autoscalerOf } from '../scale/autoscaler.ts';
import type { Known } from './plan-put-back.ts';
import { recall } from './recall.ts';

/** What plans about a workload's past are made from. Throws ActionError, and when Redis does not answer. */
export async function readKnown(target: Target, clients: Clients): Promise<Known> {
  const { cluster, kind } = parseKubernetesKey(target.key);
  const { protectedNamespaces } = kubernetesCluster(cluster, clients);
  const isScaled = kind === 'deployment' || kind === 'statefulset';
  const [recalled, autoscaler] = await Promise.all([
    recall(target, clients),
    isScaled ? autoscalerOf(target, clients) : null,
  ]);
  return { recall: recalled, protectedNamespaces, autoscaler };
}

export const isKnown = (extra: unknown): extra is Known =>
  typeof extra === 'object' && extra !== null && 'recall' in extra && 'protectedNamespaces' in extra;
