import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';

/** The client of a cluster by its name. Throws ActionError `not-found` when a reload has taken it away. */
export function kubernetesCluster(name: string, clients: Clients): KubernetesClient {
  const found = clients.kubernetes.get(name);
  if (found === undefined) throw new ActionError(`kubernetes cluster ${name} is not configured`, 'not-found', false);
  return found;
}
