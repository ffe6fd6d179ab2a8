import { z } from 'zod';
import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { DaemonSet, Deployment, StatefulSet } from '../domain/kubernetes.ts';
import type { Permission } from '../domain/permission.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import type { WorkloadState, Writer } from '../kubernetes/state.ts';
import { ourManager } from '../domain/our-writes.ts';

export type WorkloadKind = WorkloadState['kind'];
export type Workload = Deployment | StatefulSet | DaemonSet;

/** When something else is at it already: how soon its outcome is looked at, ms. */
export const lookAgainMs = 30_000;
/** One write to the API, or none of it: whether it came about shows at once, ms. */
export const writeMs = 5_000;
/** How long whoever owns a part of a workload may need to put it back, ms. */
export const reversionMs = 120_000;

export const workloadResource = {
  deployment: 'deployments.apps',
  statefulset: 'statefulsets.apps',
  daemonset: 'daemonsets.apps',
} as const;

/** One very workload, as every change to one pins it: with its uid, for its name may go to another one. */
export const pinnedWorkload = {
  kind: z.enum(['deployment', 'statefulset', 'daemonset']),
  cluster: z.string().min(1),
  namespace: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
} as const;
export interface PinnedWorkload {
  readonly kind: WorkloadKind;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export const pin = ({ kind, cluster, namespace, name, uid }: WorkloadState): PinnedWorkload => ({
  kind,
  cluster,
  namespace,
  name,
  uid,
});

/** `deployment shop/checkout` */
export const phraseOf = ({ kind, namespace, name }: Pick<PinnedWorkload, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${namespace}/${name}`;

export const on = (kind: WorkloadKind, ...verbs: readonly string[]): Permission => ({
  platform: 'kubernetes',
  resource: workloadResource[kind],
  verbs,
});

async function find(pinned: PinnedWorkload, clients: Clients, signal?: AbortSignal): Promise<Workload | undefined> {
  const found = await kubernetesCluster(pinned.cluster, clients).get(workloadResource[pinned.kind], pinned, signal);
  return found?.metadata.uid === pinned.uid ? found : undefined;
}

/** The pinned workload as it is now. Throws ActionError, also when it is gone or another one has its name. */
export async function look(pinned: PinnedWorkload, clients: Clients, signal: AbortSignal): Promise<Workload> {
  const found = await find(pinned, clients, signal);
  if (found !== undefined) return found;
  throw new ActionError(
    `${phraseOf(pinned)} is gone from cluster ${pinned.cluster}, or another one has its name`,
    'not-found',
    false,
  );
}

/** Whether the effect shows on the pinned workload by now; a cluster that does not answer leaves it unknown. */
export async function settledBy(
  pinned: PinnedWorkload,
  clients: Clients,
  shows: (workload: Workload) => boolean,
): Promise<'done' | 'not-done' | 'unknown'> {
  try {
    const found = await find(pinned, clients);
    return found !== undefined && shows(found) ? 'done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/**
 * Whoever took back what we wrote, as far as `managedFields` tells. A write that only removes a field leaves no name
 * there: for a field that can be removed, a writer from before `since` (ms since the epoch) is only the last on record.
 */
export function takenBackBy(writer: Writer | undefined, owners: WorkloadState['owners'], since = 0): string {
  const [owner] = owners;
  const known = owner === undefined ? '' : `, and it belongs to ${owner.manager} (${owner.name}): ${owner.advice}`;
  if (writer === undefined || writer.manager === ourManager) return `a writer that left no name${known}`;
  // Times there are whole seconds.
  if (writer.at >= Math.floor(since / 1000) * 1000) return `${writer.manager}${known}`;
  return `a writer that left no name; the last one on record is ${writer.manager}${known}`;
}
