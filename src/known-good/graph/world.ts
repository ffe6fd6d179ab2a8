import { selects } from '../../kubernetes/selects.ts';
import type { Counts } from './counts-of.ts';
import { takesIn, type Labels } from './label-selector.ts';
import { type Keys, keysOf, type Links } from './links.ts';
import { createObjects, type Objects } from './objects.ts';
import { createPods, type Pods } from './pods.ts';
import { words } from './words.ts';

/** One cluster as far as the graph and health need it: digests, never whole objects. */
export interface World {
  readonly cluster: string;
  readonly keys: Keys;
  /** Whether objects of that kind are watched: of others nobody can tell whether they are there. */
  readonly isWatched: (kind: string) => boolean;
  readonly objects: Objects;
  readonly pods: Pods;
  /** Of workloads, by key. */
  readonly counts: Map<string, Counts>;
}

export const createWorld = (cluster: string, kinds: readonly { readonly slug: string }[]): World => ({
  cluster,
  isWatched: (kind) => kinds.some(({ slug }) => slug === kind),
  keys: keysOf(cluster),
  objects: createObjects(),
  pods: createPods(),
  counts: new Map(),
});

/** The Services that select pods with these labels. */
export const servicesSelecting = ({ objects }: World, namespace: string, labels: Labels): readonly Links[] =>
  Object.entries(labels)
    .flatMap(([label, value]) => objects.at(words.selecting(namespace, label, value)))
    .filter(({ selector }) => selector !== undefined && selects(selector, labels));

/** The workloads whose pods a Service selects. */
export function workloadsBehind({ objects }: World, service: Links): readonly Links[] {
  const { selector, namespace } = service;
  const [first] = Object.entries(selector?.matchLabels ?? {});
  if (selector === undefined || first === undefined) return [];
  return objects.at(words.labelled(namespace, ...first)).filter(({ podLabels }) => selects(selector, podLabels));
}

/** The network policies that select pods with these labels. */
export const policiesOn = ({ objects }: World, namespace: string, labels: Labels): readonly Links[] =>
  objects.at(words.ofKind('networkpolicy', namespace)).filter(({ selector }) => takesIn(selector, labels));

/** The Services that an object speaks of: those that are there, or were. */
export const servicesMentioned = (
  { objects, keys }: World,
  { mentions, namespace: own }: Links,
): readonly { readonly key: string; readonly mention: string }[] =>
  mentions
    .map((mention) => {
      const [name = '', namespace = own] = mention.split('.');
      return { key: keys.of('service', namespace, name), mention };
    })
    .filter(({ key }) => objects.wasThere(key));
