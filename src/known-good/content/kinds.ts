import type { OtherKind } from '../../domain/known-good.ts';
import { isClusterScoped, type Resource } from '../../domain/kubernetes-client.ts';

/** A kind of Kubernetes object that is remembered. */
export interface WatchedKind {
  /** As in its keys: `deployment`. */
  readonly slug: string;
  readonly resource: Resource;
  /** `apps/v1` */
  readonly apiVersion: string;
  /** As the API calls it: `Deployment`. */
  readonly kind: string;
  /** Its objects live in no namespace. */
  readonly clusterScoped: boolean;
  /** Of all others of the kind nothing is asked of the API. */
  readonly fieldSelector?: string;
  /**
   * Pointers of what is remembered, because an object that is made anew needs it, and never compared, because it is the
   * platform that gives it; with all that is below. A `*` stands for any one segment, an element of a list too.
   */
  readonly neverCompared: readonly string[];
  /** Pointers of what the API lets nobody change: to put that back, the object has to be made anew. */
  readonly immutable: readonly string[];
}

interface More {
  readonly fieldSelector?: string;
  readonly neverCompared?: readonly string[];
  readonly immutable?: readonly string[];
}
type Row = readonly [slug: string, resource: Resource, apiVersion: string, kind: string, more?: More];

const core = 'v1';
const apps = 'apps/v1';
const networking = 'networking.k8s.io/v1';
const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';

/** A bundle is renewed by whoever renews the certificate; the one before it is of no use to anybody. */
const webhooks: More = { neverCompared: ['/webhooks/*/clientConfig/caBundle'] };
const binding: More = { immutable: ['/roleRef'] };

/** What the platform and Helm keep in Secrets is no configuration, and Helm's is large. */
const notOfTools = ['helm.sh/release.v1', 'kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'];
const secret: Row = [
  'secret',
  'secrets',
  core,
  'Secret',
  { fieldSelector: notOfTools.map((type) => `type!=${type}`).join(','), immutable: ['/type'] },
];

const rows: readonly Row[] = [
  ['deployment', 'deployments.apps', apps, 'Deployment', { immutable: ['/spec/selector'] }],
  [
    'statefulset',
    'statefulsets.apps',
    apps,
    'StatefulSet',
    { immutable: ['/spec/selector', '/spec/serviceName', '/spec/podManagementPolicy', '/spec/volumeClaimTemplates'] },
  ],
  ['daemonset', 'daemonsets.apps', apps, 'DaemonSet', { immutable: ['/spec/selector'] }],
  [
    'service',
    'services',
    core,
    'Service',
    { neverCompared: ['/spec/clusterIP', '/spec/clusterIPs', '/spec/healthCheckNodePort', '/spec/ports/*/nodePort'] },
  ],
  ['configmap', 'configmaps', core, 'ConfigMap'],
  ['ingress', 'ingresses.networking.k8s.io', networking, 'Ingress'],
  ['horizontalpodautoscaler', 'horizontalpodautoscalers.autoscaling', 'autoscaling/v2', 'HorizontalPodAutoscaler'],
  [
    'persistentvolumeclaim',
    'persistentvolumeclaims',
    core,
    'PersistentVolumeClaim',
    {
      neverCompared: ['/spec/volumeName'],
      immutable: ['/spec/accessModes', '/spec/selector', '/spec/storageClassName', '/spec/volumeMode'],
    },
  ],
  ['persistentvolume', 'persistentvolumes', core, 'PersistentVolume', { neverCompared: ['/spec/claimRef/uid'] }],
  ['networkpolicy', 'networkpolicies.networking.k8s.io', networking, 'NetworkPolicy'],
  ['resourcequota', 'resourcequotas', core, 'ResourceQuota', { immutable: ['/spec/scopes', '/spec/scopeSelector'] }],
  ['limitrange', 'limitranges', core, 'LimitRange'],
  ['serviceaccount', 'serviceaccounts', core, 'ServiceAccount'],
  ['role', 'roles.rbac.authorization.k8s.io', rbac, 'Role'],
  ['rolebinding', 'rolebindings.rbac.authorization.k8s.io', rbac, 'RoleBinding', binding],
  ['clusterrole', 'clusterroles.rbac.authorization.k8s.io', rbac, 'ClusterRole'],
  ['clusterrolebinding', 'clusterrolebindings.rbac.authorization.k8s.io', rbac, 'ClusterRoleBinding', binding],
  [
    'mutatingwebhookconfiguration',
    'mutatingwebhookconfigurations.admissionregistration.k8s.io',
    admission,
    'MutatingWebhookConfiguration',
    webhooks,
  ],
  [
    'validatingwebhookconfiguration',
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    admission,
    'ValidatingWebhookConfiguration',
    webhooks,
  ],
  ['namespace', 'namespaces', core, 'Namespace'],
  ['node', 'nodes', core, 'Node'],
  [
    'priorityclass',
    'priorityclasses.scheduling.k8s.io',
    'scheduling.k8s.io/v1',
    'PriorityClass',
    { immutable: ['/value', '/preemptionPolicy'] },
  ],
];

const kindOf = ([slug, resource, apiVersion, kind, more = {}]: Row): WatchedKind => ({
  slug,
  resource,
  apiVersion,
  kind,
  clusterScoped: isClusterScoped(resource),
  neverCompared: [],
  immutable: [],
  ...more,
});

/** All kinds that are always remembered, workloads first. */
export const watchedKinds: readonly WatchedKind[] = rows.map(kindOf);
/** Only remembered where the configuration says so. */
export const secretKind: WatchedKind = kindOf(secret);

const bySlug: ReadonlyMap<string, WatchedKind> = new Map([...watchedKinds, secretKind].map((one) => [one.slug, one]));

/** One that the configuration names. */
export const otherKind = ({ slug, resource, apiVersion, kind }: OtherKind): WatchedKind =>
  kindOf([slug, resource, apiVersion, kind]);

/** `others`: those that the configuration names. Undefined: of such objects nothing is remembered. */
export function watchedKind(slug: string, others: readonly OtherKind[] = []): WatchedKind | undefined {
  const other = others.find((one) => one.slug === slug);
  return bySlug.get(slug) ?? (other && otherKind(other));
}

/** What holds a configuration, and says nothing of its own about what it is for. */
export const holdsData = (slug: string): boolean => slug === 'configmap' || slug === secretKind.slug;
