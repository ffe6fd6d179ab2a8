import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { controllerOf } from '../../kubernetes/controller-of.ts';
import { selectorText } from '../../kubernetes/selector-text.ts';
import { workloadResource } from '../pinned-workload.ts';
import { readWorkload, workloadOf } from './renew.ts';

/** Its value means nothing: that it is another one makes the controller look again. */
const annotation = 'paramedic.dev/nudged-at';

/**
 * Makes the controller of a workload look again at once at the pods that it may make by now; by itself it would after up to
 * some minutes. The pods of a Deployment are made by its ReplicaSets. Nothing depends on it, so that a refusal is no failure.
 */
export async function nudge(target: string, at: number, clients: Clients, signal: AbortSignal): Promise<void> {
  const { kind, cluster, namespace, name } = workloadOf(target);
  const client = kubernetesCluster(cluster, clients);
  const patch = { merge: { metadata: { annotations: { [annotation]: new Date(at).toISOString() } } } };
  try {
    const workload = await readWorkload(target, clients, signal);
    if (workload === undefined) return;
    if (kind !== 'deployment') return await client.patch(workloadResource[kind], { namespace, name }, patch, signal);
    const where = { namespace, labelSelector: selectorText(workload.spec.selector) };
    const sets = await client.list('replicasets.apps', where, signal);
    for (const { metadata, spec, status } of sets) {
      const isOwn = controllerOf(metadata)?.uid === workload.metadata.uid;
      if (isOwn && (spec.replicas ?? 1) > (status?.replicas ?? 0))
        await client.patch('replicasets.apps', { namespace, name: metadata.name }, patch, signal);
    }
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason === 'aborted') throw error;
  }
}
