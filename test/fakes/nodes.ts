import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import type { Node } from '../../src/domain/kubernetes.ts';

/** A cluster of which only the nodes can be listed: those named have not been ready since then. */
export function kubernetesWithNodes(
  cluster: string,
  fallen: Readonly<Record<string, Date>>,
): ReadonlyMap<string, KubernetesClient> {
  const nodes = Object.entries(fallen).map(([name, since]): Node => ({
    metadata: { name, uid: name, resourceVersion: '1' },
    spec: {},
    status: { conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: since.toISOString() }] },
  }));
  const client: Pick<KubernetesClient, 'name' | 'list'> = {
    name: cluster,
    list: async () => nodes as never,
  };
  return new Map([[cluster, client as KubernetesClient]]);
}
