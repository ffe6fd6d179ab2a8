import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients } from '../domain/clients.ts';
import { drillLabel } from '../domain/drill-things.ts';
import { parseKubernetesKey } from '../kubernetes/key.ts';
import { removeMs } from './drill-container.ts';
import { objectsIn } from '../domain/objects-in.ts';
import { madeIn, removeMade } from './own-pod.ts';

export interface PodsLeftDeps {
  readonly store: Pick<BackupStore, 'run'>;
  readonly clients: () => Clients;
}

/**
 * Takes away what is left, in the namespaces that a source names, of the pods of runs that are over: else it has a claim, and
 * what was given to it, until Kubernetes ends it. `own`: a run that is begun anew, and has none yet. Those of runs that the
 * store does not know are another Paramedic's. A sentence: what that was. Throws ActionError; rejects when the store does not
 * answer.
 */
export async function removePodsLeft(
  { params }: Pick<BackupSource, 'params'>,
  { store, clients }: PodsLeftDeps,
  own?: string,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(removeMs);
  const removed: string[] = [];
  for (const key of objectsIn(params).filter((one) => one.startsWith('kubernetes/'))) {
    const { cluster, namespace } = parseKubernetesKey(key);
    const client = clients().kubernetes.get(cluster);
    if (client === undefined) continue;
    for (const [name, { [drillLabel]: id = '' }] of await madeIn(client, namespace, signal)) {
      const run = await store.run(id);
      if (run === undefined || (run.state !== 'ended' && id !== own)) continue;
      await removeMade(client, { namespace, name }, id, signal);
      removed.push(`pod ${namespace}/${name}, which run ${id} had left, was removed`);
    }
  }
  return removed.length === 0 ? undefined : removed.join('; ');
}
