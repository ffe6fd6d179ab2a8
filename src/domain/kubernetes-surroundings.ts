import type { KubeObject, LabelSelector } from './kubernetes.ts';

/*
 * What a workload depends on beside itself, with the API's own field names. Of most of it nobody reads a single field: it is
 * kept, compared and put back as a whole.
 */
interface WithSpec extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  /** In base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

export interface Secret extends KubeObject {
  readonly type?: string;
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

export interface ServiceAccount extends KubeObject {
  readonly secrets?: readonly { readonly name?: string }[];
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
}

export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly plural: string; readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean; readonly storage: boolean }[];
  };
}

export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string };
}

export interface PersistentVolume extends KubeObject {
  readonly spec: {
    /** The claim it is kept for. Bound to one, it has that one's uid; without a uid it waits for any of that name. */
    readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
    readonly storageClassName?: string;
    readonly persistentVolumeReclaimPolicy?: string;
  };
  readonly status?: { readonly phase?: string };
}

export interface ResourceQuota extends WithSpec {
  /** Quantities by resource: `{"pods": "3"}`. */
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly used?: Readonly<Record<string, string>>;
  };
}
export type LimitRange = WithSpec;

interface IngressBackend {
  readonly service?: { readonly name: string };
}
export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly defaultBackend?: IngressBackend;
    readonly rules?: readonly {
      readonly http?: { readonly paths?: readonly { readonly backend: IngressBackend }[] };
    }[];
  };
}

export interface NetworkPolicy extends KubeObject {
  /** No selector, or an empty one: every pod of its namespace. */
  readonly spec?: { readonly podSelector?: LabelSelector };
}

/** Role and ClusterRole. */
export interface Role extends KubeObject {
  readonly rules?: readonly Readonly<Record<string, unknown>>[] | null;
  readonly aggregationRule?: Readonly<Record<string, unknown>>;
}

/** RoleBinding and ClusterRoleBinding. */
export interface RoleBinding extends KubeObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** MutatingWebhookConfiguration and ValidatingWebhookConfiguration. */
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    /** `Fail` when absent. */
    readonly failurePolicy?: string;
    readonly namespaceSelector?: LabelSelector;
    readonly objectSelector?: LabelSelector;
    readonly rules?: readonly {
      readonly apiGroups?: readonly string[];
      readonly resources?: readonly string[];
      readonly operations?: readonly string[];
    }[];
  }[];
}

export interface PriorityClass extends KubeObject {
  readonly value: number;
}
