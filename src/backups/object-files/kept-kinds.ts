import type { Resource } from '../../domain/kubernetes-client.ts';
import type { Shape } from '../../domain/recovery-point.ts';
import { allOf } from './count-objects.ts';

/** A kind of object that is kept. */
export interface KeptKind {
  /** The folder of its files: `deployment`, of a custom resource `certificate.cert-manager.io`. */
  readonly kind: string;
  readonly resource: Resource;
  /** Where its files lie: what others need comes first, and what could refuse others comes last. */
  readonly stage: '1-before' | '2-objects' | '3-after';
  readonly isNamespaced: boolean;
  /** Of all others nothing is asked of the API. */
  readonly fieldSelector?: string;
}

const all = {
  '1-before': {
    namespace: 'namespaces',
    customresourcedefinition: 'customresourcedefinitions.apiextensions.k8s.io',
    priorityclass: 'priorityclasses.scheduling.k8s.io',
    runtimeclass: 'runtimeclasses.node.k8s.io/v1/RuntimeClass',
    storageclass: 'storageclasses.storage.k8s.io',
    csidriver: 'csidrivers.storage.k8s.io/v1/CSIDriver',
    ingressclass: 'ingressclasses.networking.k8s.io',
    persistentvolume: 'persistentvolumes',
    clusterrole: 'clusterroles.rbac.authorization.k8s.io',
    clusterrolebinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  },
  '2-objects': {
    serviceaccount: 'serviceaccounts',
    role: 'roles.rbac.authorization.k8s.io',
    rolebinding: 'rolebindings.rbac.authorization.k8s.io',
    resourcequota: 'resourcequotas',
    limitrange: 'limitranges',
    configmap: 'configmaps',
    persistentvolumeclaim: 'persistentvolumeclaims',
    service: 'services',
    deployment: 'deployments.apps',
    statefulset: 'statefulsets.apps',
    daemonset: 'daemonsets.apps',
    cronjob: 'cronjobs.batch',
    horizontalpodautoscaler: 'horizontalpodautoscalers.autoscaling',
    poddisruptionbudget: 'poddisruptionbudgets.policy',
    ingress: 'ingresses.networking.k8s.io',
    networkpolicy: 'networkpolicies.networking.k8s.io',
  },
  '3-after': {
    mutatingwebhookconfiguration: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
    validatingwebhookconfiguration: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
    validatingadmissionpolicy: 'validatingadmissionpolicies.admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
    validatingadmissionpolicybinding:
      'validatingadmissionpolicybindings.admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
    apiservice: 'apiservices.apiregistration.k8s.io',
  },
} as const satisfies Readonly<Record<KeptKind['stage'], Readonly<Record<string, Resource>>>>;

const stages = ['1-before', '2-objects', '3-after'] as const;

/** All that are kept by themselves, in the order in which they are applied. */
export const keptKinds: readonly KeptKind[] = stages.flatMap((stage) =>
  Object.entries<Resource>(all[stage]).map(([kind, resource]) => ({
    kind,
    resource,
    stage,
    isNamespaced: stage === '2-objects',
  })),
);

/** Only where the configuration says so. What the platform makes for itself is left out: it is good for nothing elsewhere. */
export const secretKind: KeptKind = {
  kind: 'secret',
  resource: 'secrets',
  stage: '2-objects',
  isNamespaced: true,
  fieldSelector: 'type!=kubernetes.io/service-account-token,type!=bootstrap.kubernetes.io/token',
};

export const definitions = 'customresourcedefinitions.apiextensions.k8s.io';

const workloads: ReadonlySet<string> = new Set(['deployment', 'statefulset', 'daemonset', 'cronjob']);

/** What is counted of objects, by how many there are of each kind: one kind alone may well have half of what it had. */
export const countsOf = (kinds: ReadonlyMap<string, number>): Shape['counts'] => ({
  objects: allOf(kinds),
  workloads: allOf(new Map([...kinds].filter(([kind]) => workloads.has(kind)))),
});
