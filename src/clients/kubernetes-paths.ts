import { ActionError } from '../domain/errors.ts';
import { isClusterScoped, type OtherResource, type Place, type Resource } from '../domain/kubernetes-client.ts';

/** What one request is about, in the API's own words: for its path, and for the sentence when it fails. */
export interface KubeAct {
  readonly verb: 'get' | 'list' | 'watch' | 'patch' | 'create' | 'delete';
  readonly resource: Resource;
  readonly subresource?: 'scale' | 'eviction' | 'log' | 'exec';
  /** The empty string: all namespaces, or a resource that lives in none. */
  readonly namespace: string;
  /** Absent: the collection. */
  readonly name?: string;
}

/** The version we speak for each resource (those of the core group have no slash), and what one object of it is called. */
const kinds: Readonly<Record<Exclude<Resource, OtherResource>, readonly [version: string, kind: string]>> = {
  pods: ['v1', 'Pod'],
  nodes: ['v1', 'Node'],
  events: ['v1', 'Event'],
  services: ['v1', 'Service'],
  persistentvolumeclaims: ['v1', 'PersistentVolumeClaim'],
  'deployments.apps': ['apps/v1', 'Deployment'],
  'replicasets.apps': ['apps/v1', 'ReplicaSet'],
  'statefulsets.apps': ['apps/v1', 'StatefulSet'],
  'daemonsets.apps': ['apps/v1', 'DaemonSet'],
  'controllerrevisions.apps': ['apps/v1', 'ControllerRevision'],
  'jobs.batch': ['batch/v1', 'Job'],
  'cronjobs.batch': ['batch/v1', 'CronJob'],
  'horizontalpodautoscalers.autoscaling': ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  'endpointslices.discovery.k8s.io': ['discovery.k8s.io/v1', 'EndpointSlice'],
  'poddisruptionbudgets.policy': ['policy/v1', 'PodDisruptionBudget'],
  'scaledobjects.keda.sh': ['keda.sh/v1alpha1', 'ScaledObject'],
  configmaps: ['v1', 'ConfigMap'],
  secrets: ['v1', 'Secret'],
  serviceaccounts: ['v1', 'ServiceAccount'],
  namespaces: ['v1', 'Namespace'],
  persistentvolumes: ['v1', 'PersistentVolume'],
  resourcequotas: ['v1', 'ResourceQuota'],
  limitranges: ['v1', 'LimitRange'],
  'ingresses.networking.k8s.io': ['networking.k8s.io/v1', 'Ingress'],
  'networkpolicies.networking.k8s.io': ['networking.k8s.io/v1', 'NetworkPolicy'],
  'roles.rbac.authorization.k8s.io': ['rbac.authorization.k8s.io/v1', 'Role'],
  'rolebindings.rbac.authorization.k8s.io': ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  'clusterroles.rbac.authorization.k8s.io': ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  'clusterrolebindings.rbac.authorization.k8s.io': ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': [
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
  ],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': [
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
  ],
  'priorityclasses.scheduling.k8s.io': ['scheduling.k8s.io/v1', 'PriorityClass'],
  'storageclasses.storage.k8s.io': ['storage.k8s.io/v1', 'StorageClass'],
  'ingressclasses.networking.k8s.io': ['networking.k8s.io/v1', 'IngressClass'],
  'customresourcedefinitions.apiextensions.k8s.io': ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  'apiservices.apiregistration.k8s.io': ['apiregistration.k8s.io/v1', 'APIService'],
};

/** One that is not in the list says itself what it is. */
const isOther = (resource: Resource): resource is OtherResource => resource.includes('/');
function versionAndKind(resource: Resource): readonly [version: string, kind: string] {
  if (!isOther(resource)) return kinds[resource];
  const [group] = groupAndPlural(resource);
  const [, version = '', kind = ''] = resource.split('/');
  return [`${group}/${version}`, kind];
}

/** What a cluster may have or not. All others are a part of Kubernetes itself. */
export const isOptional = (resource: Resource): boolean => resource === 'scaledobjects.keda.sh' || isOther(resource);

/** How long we believe that the cluster does not serve an API group (no KEDA here). */
export const notServedMs = 60_000;

export const kindOf = (resource: Resource): string => versionAndKind(resource)[1];
export const versionOf = (resource: Resource): string => versionAndKind(resource)[0];

/** `['apps', 'deployments']`; the core group is the empty string. */
export function groupAndPlural(resource: Resource): readonly [string, string] {
  const [name = ''] = resource.split('/');
  const dot = name.indexOf('.');
  return dot < 0 ? ['', name] : [name.slice(dot + 1), name.slice(0, dot)];
}

/** The path of what the act is about. Throws ActionError `bad-request` for a place that would lead elsewhere. */
export function pathOf({ verb, resource, subresource, namespace, name }: KubeAct): string {
  const [version] = versionAndKind(resource);
  const base = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
  const everywhere = namespace === '' && (verb === 'list' || verb === 'watch' || isOther(resource));
  const scope = isClusterScoped(resource) || everywhere ? [] : ['namespaces', segment(namespace)];
  const object = name === undefined ? [] : [segment(name)];
  const [, plural] = groupAndPlural(resource);
  return [base, ...scope, plural, ...object, ...(subresource === undefined ? [] : [subresource])].join('/');
}

function segment(text: string): string {
  if (/^\.{0,2}$/.test(text))
    throw new ActionError(`${JSON.stringify(text)} is no name of a Kubernetes object`, 'bad-request', false);
  return encodeURIComponent(text);
}

/** `patch deployments.apps/scale shop/web`, `list pods in namespace shop` */
export function actText({ verb, resource, subresource, namespace, name }: KubeAct): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  if (name === undefined) return `${verb} ${what}${scopeText(resource, namespace)}`;
  return `${verb} ${what} ${namespace === '' ? name : `${namespace}/${name}`}`;
}

export function scopeText(resource: Resource, namespace: string): string {
  if (isClusterScoped(resource)) return '';
  return namespace === '' ? ' in all namespaces' : ` in namespace ${namespace}`;
}

export const placeAct = (verb: KubeAct['verb'], resource: Resource, { namespace, name }: Place): KubeAct => ({
  verb,
  resource,
  namespace: isClusterScoped(resource) ? '' : namespace,
  name,
});
