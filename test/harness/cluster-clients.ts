import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { Clients } from '../../src/domain/clients.ts';
import { type TestCluster, testCluster } from './cluster.ts';

export interface ClusterClients {
  readonly cluster: TestCluster;
  /** A namespace of its own. */
  readonly namespace: string;
  /** Our own clients, of this cluster under the name `prod` and of nothing else. */
  readonly clients: Clients;
  close(): Promise<void>;
}

/** The cluster of the tests, a namespace in it, and our own client of it. */
export async function clusterClients(name: string): Promise<ClusterClients> {
  const cluster = await testCluster();
  const namespace = await cluster.namespace(name);
  const { kubeconfig } = cluster;
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  const close = async () => {
    await client.close();
    await cluster.close();
  };
  return { cluster, namespace, clients: { docker: new Map(), kubernetes: new Map([['prod', client]]) }, close };
}
