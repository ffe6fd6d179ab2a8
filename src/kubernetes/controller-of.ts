import type { Meta, OwnerReference } from '../domain/kubernetes.ts';

/** The one owner that makes the object and makes it again. */
export const controllerOf = ({ ownerReferences }: Meta): OwnerReference | undefined =>
  ownerReferences?.find(({ controller }) => controller === true);

/**
 * The custom resource it is made from, `Cluster db (postgresql.cnpg.io/v1)`; undefined when its controller is one of
 * Kubernetes' own. Those that make pods and workloads are in API groups without a dot: `v1`, `apps/v1`, `batch/v1`.
 */
export function customResourceOf(meta: Meta): string | undefined {
  const owner = controllerOf(meta);
  const group = owner?.apiVersion.split('/').slice(0, -1).join('/') ?? '';
  return owner !== undefined && group.includes('.') ? `${owner.kind} ${owner.name} (${owner.apiVersion})` : undefined;
}
