import type { LabelSelector } from '../../domain/kubernetes.ts';
import { kubernetesKey } from '../../kubernetes/key.ts';
import type { Hook } from './hooks-of.ts';
import type { Labels } from './label-selector.ts';

/** An object that another one names. It need not be there. */
export interface Reference {
  readonly key: string;
  /** A clause: `envFrom of container app`. */
  readonly why: string;
}

/**
 * What is kept of one object for the graph: whom it names, and by what it is found. Two versions of an object with equal
 * links make the same graph. Plain data.
 */
export interface Links {
  readonly key: string;
  readonly kind: string;
  /** The empty string: it lives in none. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The words under which others find it: see `words.ts`. */
  readonly foundBy: readonly string[];
  readonly refs: readonly Reference[];
  /** Perhaps Services: `backend`, `backend.shop`. */
  readonly mentions: readonly string[];
  /** Its own; those that decide of nothing are left out. */
  readonly labels: Labels;
  /** Of a workload: those of its pods. */
  readonly podLabels?: Labels;
  /** Of a Service or a NetworkPolicy: which pods it is about. */
  readonly selector?: LabelSelector;
  /** Of a configuration of admission webhooks. */
  readonly hooks?: readonly Hook[];
}

/** The kinds that pods are made by and that are targets. */
export const workloadKinds: ReadonlySet<string> = new Set(['deployment', 'statefulset', 'daemonset']);
/** The kinds that have a graph. */
export const isTarget = (kind: string): boolean => workloadKinds.has(kind) || kind === 'service';

/** Makes the keys of objects of one cluster. */
export interface Keys {
  /** In the namespace; the empty string: it lives in none. */
  of(kind: string, namespace: string, name: string): string;
  /** What the keys of all objects in the namespace begin with. */
  prefix(namespace: string): string;
}
export const keysOf = (cluster: string): Keys => ({
  of: (kind, namespace, name) => kubernetesKey({ cluster, namespace, kind, name }),
  prefix: (namespace) => `kubernetes/${cluster}/${namespace}/`,
});
