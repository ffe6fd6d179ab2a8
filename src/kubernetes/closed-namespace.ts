import type { Cluster } from '../domain/target.ts';

/** Kubernetes' own namespaces: what breaks there is the cluster, and it is not ours to restart. */
const ofKubernetes: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** Why nothing in this namespace is ever acted on; undefined: it may be. */
export function closedBecause(
  namespace: string,
  { name, protectedNamespaces }: Pick<Cluster, 'name' | 'protectedNamespaces'>,
): string | undefined {
  if (ofKubernetes.has(namespace)) return `${namespace} is Kubernetes' own namespace`;
  return protectedNamespaces.includes(namespace)
    ? `the namespace ${namespace} is protected in the configuration of cluster ${name}`
    : undefined;
}
