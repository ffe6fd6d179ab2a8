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
  return owner !== undefined && groupOf(owner).includes('.') ? phraseOf(owner) : undefined;
}

/**
 * All the custom resources it belongs to, by that phrase. OLM, Strimzi and others leave out `controller`, and put the
 * object back all the same. Kubernetes' own groups are none: who owns it by a ClusterRole only wants it gone with that.
 */
export const customResourcesOf = ({ ownerReferences = [] }: Meta): readonly string[] =>
  ownerReferences
    .filter((owner) => groupOf(owner).includes('.') && !ofKubernetes.has(groupOf(owner)))
    .map((owner) => phraseOf(owner));

const groupOf = ({ apiVersion }: OwnerReference): string => apiVersion.split('/').slice(0, -1).join('/');
const phraseOf = ({ kind, name, apiVersion }: OwnerReference): string => `${kind} ${name} (${apiVersion})`;

/** The API server's own groups with a dot; others end in `k8s.io` as well: `app.k8s.io`, `jobset.x-k8s.io`. */
const ofKubernetes: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);
