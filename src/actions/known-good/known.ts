import type { PlanInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Target } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { autoscalerOf } from '../scale/autoscaler.ts';
import type { Asked } from './left-alone.ts';
import { type Recall, type Recalled, recall } from './recall.ts';

/** What a plan is made from, beside the state. */
export interface Known {
  readonly recall: Recall;
  readonly protectedNamespaces: readonly string[];
  /** Who sets its number of pods; null: nobody but its own replicas. */
  readonly autoscaler: string | null;
}

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

/** What `readKnown` read. */
export function knownFrom(extra: unknown): Known {
  if (isKnown(extra)) return extra;
  throw new Error('observe did not tell what is remembered');
}

const isKnown = (extra: unknown): extra is Known =>
  typeof extra === 'object' && extra !== null && 'recall' in extra && 'protectedNamespaces' in extra;

/** What is asked about each change of what is recalled. `owners`: of the target itself. */
export const askedOf = (
  recalled: Recalled,
  { protectedNamespaces }: Pick<Known, 'protectedNamespaces'>,
  { target, now }: Pick<PlanInput<unknown, unknown>, 'target' | 'now'>,
  owners: Asked['owners'] = [],
): Asked => ({ recalled, protectedNamespaces, target: target.key, now, owners });
