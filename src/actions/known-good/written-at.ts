import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { watchedKind } from '../../known-good/content/kinds.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { timeOf } from '../../kubernetes/time.ts';
import type { PutBack } from './put-back.ts';

/**
 * When all that was put back was written, by the clock of the API server, whole seconds, ms since the epoch. Undefined: of
 * some of it that can not be told, because it is not there, or our name is not on it.
 */
export async function writtenAt({ restorations }: PutBack, clients: Clients): Promise<number | undefined> {
  const times = await Promise.all(restorations.map(({ key }) => writtenByUsAt(key, clients)));
  const known = times.filter((at) => at > 0);
  return known.length === 0 || known.length < times.length ? undefined : Math.max(...known);
}

async function writtenByUsAt(key: string, clients: Clients): Promise<number> {
  const { cluster, namespace, kind, name } = parseKubernetesKey(key);
  const resource = watchedKind(kind, clients.knownGood?.others)?.resource;
  if (resource === undefined) return 0;
  try {
    const object = await kubernetesCluster(cluster, clients).get(resource, { namespace, name });
    const ours = (object?.metadata.managedFields ?? []).filter(
      ({ manager, subresource }) => manager === ourManager && subresource !== 'status',
    );
    return Math.max(0, ...ours.map(({ time }) => timeOf(time)));
  } catch (error) {
    // It only lets a wrong guess end earlier.
    if (error instanceof ActionError) return 0;
    throw error;
  }
}
