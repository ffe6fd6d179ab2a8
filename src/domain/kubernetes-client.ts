import type { LogTail } from './clients.ts';
import type { ActionError } from './errors.ts';
import type * as k from './kubernetes.ts';
import type * as around from './kubernetes-surroundings.ts';
import type { PodStreams } from './pod-streams.ts';

/** The resources we read or write, as `kubectl` names them, and what each of their objects looks like. */
export interface Resources {
  readonly pods: k.Pod;
  readonly nodes: k.Node;
  readonly events: k.Event;
  readonly services: k.Service;
  readonly persistentvolumeclaims: k.PersistentVolumeClaim;
  readonly 'deployments.apps': k.Deployment;
  readonly 'replicasets.apps': k.ReplicaSet;
  readonly 'statefulsets.apps': k.StatefulSet;
  readonly 'daemonsets.apps': k.DaemonSet;
  readonly 'controllerrevisions.apps': k.ControllerRevision;
  readonly 'jobs.batch': k.Job;
  readonly 'cronjobs.batch': k.CronJob;
  readonly 'horizontalpodautoscalers.autoscaling': k.HorizontalPodAutoscaler;
  readonly 'endpointslices.discovery.k8s.io': k.EndpointSlice;
  readonly 'poddisruptionbudgets.policy': k.PodDisruptionBudget;
  readonly 'scaledobjects.keda.sh': k.ScaledObject;
  readonly configmaps: around.ConfigMap;
  readonly secrets: around.Secret;
  readonly serviceaccounts: around.ServiceAccount;
  readonly namespaces: around.Namespace;
  readonly persistentvolumes: around.PersistentVolume;
  readonly resourcequotas: around.ResourceQuota;
  readonly limitranges: around.LimitRange;
  readonly 'ingresses.networking.k8s.io': around.Ingress;
  readonly 'networkpolicies.networking.k8s.io': around.NetworkPolicy;
  readonly 'roles.rbac.authorization.k8s.io': around.Role;
  readonly 'rolebindings.rbac.authorization.k8s.io': around.RoleBinding;
  readonly 'clusterroles.rbac.authorization.k8s.io': around.Role;
  readonly 'clusterrolebindings.rbac.authorization.k8s.io': around.RoleBinding;
  readonly 'mutatingwebhookconfigurations.admissionregistration.k8s.io': around.WebhookConfiguration;
  readonly 'validatingwebhookconfigurations.admissionregistration.k8s.io': around.WebhookConfiguration;
  readonly 'priorityclasses.scheduling.k8s.io': around.PriorityClass;
  readonly 'storageclasses.storage.k8s.io': k.KubeObject;
  readonly 'ingressclasses.networking.k8s.io': k.KubeObject;
  readonly 'customresourcedefinitions.apiextensions.k8s.io': around.CustomResourceDefinition;
  readonly 'apiservices.apiregistration.k8s.io': k.KubeObject;
  /**
   * Any other: `virtualservices.networking.istio.io/v1/VirtualService`. A cluster need not serve it. It lives in no namespace
   * where its place names none.
   */
  readonly [other: OtherResource]: k.KubeObject;
}
export type OtherResource = `${string}/${string}/${string}`;
export type Resource = keyof Resources;

const clusterScoped: ReadonlySet<string> = new Set<Resource>([
  'nodes',
  'namespaces',
  'persistentvolumes',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'priorityclasses.scheduling.k8s.io',
  'storageclasses.storage.k8s.io',
  'ingressclasses.networking.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
]);
/** Whether its objects live in no namespace. `resource` as in `Resources`, without a subresource. */
export const isClusterScoped = (resource: string): boolean => clusterScoped.has(resource);

/** What an object says that it is: `apps/v1`, `Deployment`. */
export interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** One object's place. `namespace` is the empty string for what lives in none. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface ListOptions {
  /** The empty string: all namespaces. */
  readonly namespace: string;
  /** `app=web,tier in (a,b)` */
  readonly labelSelector?: string;
  /** `spec.nodeName=worker-1` */
  readonly fieldSelector?: string;
  /** From what the API server remembers: much less work for it in a big namespace, and perhaps some seconds old. */
  readonly cached?: true;
}

/**
 * One change, in the API's own words. DELETED has the object as it was at last. Where there is a selector, ADDED and DELETED
 * also mean that the object has begun to match it, or has ceased to.
 */
export interface WatchEvent<R extends Resource> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Resources[R];
}

/**
 * What is told to whoever watches, in the order it happens. The picture, which is the last `replaced` and each `changed`
 * since, is current from a `replaced` or `resumed` until the next `interrupted`, and before the first `replaced` there is
 * none. Current means: some milliseconds behind, and at most two minutes where a network swallows everything without a word.
 */
export interface Watcher<R extends Resource> {
  /**
   * Everything there is: what is not in it is gone. Told first, and again whenever what happened since is not to be had.
   */
  replaced(all: readonly Resources[R][]): void;
  changed(event: WatchEvent<R>): void;
  /** From here on the picture may be old, or there is none yet. Told once, until the next `replaced` or `resumed`. */
  interrupted(why: ActionError): void;
  /** We hear of changes again; those that were missed come next, without a sign where they end. */
  resumed(): void;
}

/** One operation of an RFC 6902 JSON patch. A `test` that fails makes the whole patch an ActionError `conflict`. */
export type PatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * `merge` (RFC 7386) makes the parents that are missing; with `metadata.resourceVersion` or `metadata.uid` in it, another
 * version or instance is an ActionError `conflict` (or `bad-request`, for a uid).
 */
export type Patch =
  { readonly merge: Readonly<Record<string, unknown>> } | { readonly json: readonly PatchOperation[] };

export type Evicted =
  | { readonly evicted: true }
  /** There is no such pod, or another one (uid) has taken its name. */
  | { readonly gone: true }
  /** A disruption budget does not allow it now; the API's own sentence, which names the budget. */
  | { readonly blockedBy: string };

/** The body of a Job we make; the API fills in the rest. */
export interface NewJob {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly k.OwnerReference[];
  };
  readonly spec: Record<string, unknown>;
}

export interface PodLogTail extends LogTail {
  readonly container: string;
  /** Of the instance before the present one. */
  readonly previous?: true;
}

/**
 * One cluster's API. Every method throws ActionError, and bounds itself in time: 5 s for a read of one object or a
 * write, 15 s for a list; a watch lasts. Reads are asked again by themselves when the API answers 429; a write is never
 * sent twice.
 * `forbidden` names the verb, the resource and the RBAC rule that is missing. Writes carry the field manager `paramedic`.
 */
export interface KubernetesClient extends PodStreams {
  readonly name: string;
  /** Namespaces where nothing is ever touched, by the configuration of this cluster. */
  readonly protectedNamespaces: readonly string[];
  /** Whether its network heeds NetworkPolicies, by the configuration; absent: it does not say so. */
  readonly enforcesPolicies?: boolean;
  /** Undefined: there is none of that name. */
  get<R extends Resource>(resource: R, place: Place, signal?: AbortSignal): Promise<Resources[R] | undefined>;
  /** All pages of it. A resource the API does not serve (no KEDA here) is an empty list. */
  list<R extends Resource>(resource: R, options: ListOptions, signal?: AbortSignal): Promise<readonly Resources[R][]>;
  /**
   * The same in parts, each of which is all that is held of it at once, and of which each object says what it is. All of them
   * are of one moment: `conflict` when the API has forgotten that before the last one was asked for. 15 s for a part.
   */
  pages<R extends Resource>(
    resource: R,
    options: ListOptions,
    signal?: AbortSignal,
  ): AsyncIterable<readonly (Resources[R] & Typed)[]>;
  /**
   * The last lines that a container of a pod wrote, each with its time; at most `maxBytes`, of whole lines, the newest.
   * They hold secrets. `not-found`: there is no such pod; `bad-request`: nor such a container, or no instance of it yet.
   */
  logs(pod: Place, tail: PodLogTail, signal?: AbortSignal): Promise<string>;
  /** How many there are, in one small answer. The empty string: in all namespaces. */
  count(resource: Resource, namespace: string, signal?: AbortSignal): Promise<number>;
  /**
   * Tells `on` everything there is, and every change from there on, until the signal aborts or the client is closed: it
   * resolves then. What time may mend (no connection, a silent one, 5xx, 429) it mends itself, with pauses of up to 30 s, or
   * as long as the API asks for, and tells by `interrupted`. Rejects with ActionError for what time does not mend:
   * `forbidden`, `bad-request`; and with what `on` throws. A resource the API does not serve is an empty picture, told
   * again every minute. Alone it keeps no process from ending. It has a connection of its own. `cached`: the first picture only.
   */
  watch<R extends Resource>(resource: R, options: ListOptions, on: Watcher<R>, signal: AbortSignal): Promise<void>;
  /** Patches the object, or its `scale`. `not-found` when it is gone. */
  patch(
    resource: Resource,
    place: Place & { readonly subresource?: 'scale' },
    patch: Patch,
    signal: AbortSignal,
  ): Promise<void>;
  /** `conflict` when one of that name exists. */
  createJob(namespace: string, job: NewJob, signal: AbortSignal): Promise<void>;
  /**
   * Makes an object of that name; `body` needs neither its name nor what it is. `conflict` when one of that name exists,
   * `bad-request` when the API does not take it: a Service's address that another one has by now.
   */
  create(resource: Resource, place: Place, body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
  /**
   * As `create`, of which the API only says whether it would: nothing is written (`dryRun`), and one that is there already is
   * no reason against it. It takes the right to create it all the same. `not-found`: there is no such namespace, or kind.
   */
  wouldCreate(
    resource: Resource,
    place: Place,
    body: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Deletes that very object, and in the background what it owns. Resolves also when it is gone; `conflict` when another
   * one (uid) has its name. One with finalizers is still there for a while afterwards.
   */
  remove(resource: Resource, place: Place, uid: string, signal: AbortSignal): Promise<void>;
  /** Eviction with `preconditions.uid`; it respects disruption budgets. */
  evict(pod: Place, uid: string, signal: AbortSignal): Promise<Evicted>;
  /** Closes its connections, and ends what is watched or runs in pods. */
  close(): Promise<void>;
}
