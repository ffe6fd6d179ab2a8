import type { Clients } from '../domain/clients.ts';
import type { Event, Meta, Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import type { Target } from '../domain/target.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import { controllerOf } from '../kubernetes/controller-of.ts';
import { parseKubernetesKey, type KubernetesPlace } from '../kubernetes/key.ts';
import { selectorText } from '../kubernetes/selector-text.ts';
import { kinds, type Found } from './kubernetes-objects.ts';
import { podLogs } from './kubernetes-logs.ts';
import { conditionText, eventAt, eventText, podIllness, podText } from './kubernetes-words.ts';
import type { Notes } from './notes.ts';
import { fullText } from './shown.ts';

/** How many pods are told of, and of how many, the most ill, logs and events are read. */
const mostPods = 20;
const closePods = 3;

/**
 * An object of a cluster: its conditions, its pods and how their containers ended, the events of both, the logs of those
 * that are ill (also from before their last restart), their nodes' conditions, and the object and a pod in full.
 */
export async function ofKubernetes(target: Target, clients: Clients, notes: Notes): Promise<void> {
  const place = parseKubernetesKey(target.key);
  const { kind } = kinds[place.kind] ?? {};
  const client = kubernetesCluster(place.cluster, clients);
  const phrase = phraseOf(place);
  const events: Event[] = [];
  const seen = looking(place, client, events, notes);
  await Promise.all([
    kind === undefined ? notes.miss(`${phrase}: nothing is known of how to look at it`) : seen.events(kind, place.name),
    object(target, place, client, seen, notes),
  ]);
  const lines = events.toSorted((a, b) => eventAt(a) - eventAt(b)).map(eventText);
  notes.keep({ rank: 3, title: `events of ${phrase} and its pods`, text: lines.join('\n'), keep: 'end' });
}

const phraseOf = ({ namespace, kind, name }: KubernetesPlace): string =>
  `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;

interface Looking {
  events(kind: string, name: string): Promise<void>;
  node(name: string): Promise<void>;
}

function looking(place: KubernetesPlace, client: KubernetesClient, events: Event[], notes: Notes): Looking {
  return {
    async events(kind, name) {
      // Those of what lives in no namespace are kept there.
      const namespace = place.namespace === '' ? 'default' : place.namespace;
      const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
      const found = await notes.read(`events of ${kind.toLowerCase()} ${name}`, (signal) =>
        client.list('events', { namespace, fieldSelector }, signal),
      );
      events.push(...(found ?? []));
    },
    async node(name) {
      const found = await notes.read(`node ${name}`, (signal) => client.get('nodes', { namespace: '', name }, signal));
      const conditions = (found?.status?.conditions ?? []).map(conditionText);
      notes.keep({ rank: 2, title: `node ${name}`, text: conditions.join('\n'), keep: 'start' });
    },
  };
}

async function object(
  { uid }: Target,
  place: KubernetesPlace,
  client: KubernetesClient,
  seen: Looking,
  notes: Notes,
): Promise<void> {
  const phrase = phraseOf(place);
  const answer = await notes.read(phrase, async (signal) => ({
    found: await kinds[place.kind]?.find(client, place, signal),
  }));
  if (answer === undefined) return;
  const { found } = answer;
  if (found === undefined) return notes.miss(`${phrase}: there is none`);
  const { metadata } = found.object;
  if (uid !== undefined && metadata.uid !== uid) notes.miss(`${phrase}: another one has taken its name by now`);
  notes.keep({ rank: 6, title: `${phrase}, in full`, text: fullText(withoutBallast(found.object)), keep: 'start' });
  const pods = await podsOf(found, place, client, notes);
  const told = pods.toSorted((a, b) => podIllness(b) - podIllness(a));
  const more = told.length - mostPods;
  const lines = [
    ...(found.conditions ?? []).map(conditionText),
    ...told.slice(0, mostPods).map(podText),
    ...(more > 0 ? [`[and ${more} pods more, none of them more ill]`] : []),
  ];
  notes.keep({ rank: 0, title: phrase, text: lines.join('\n'), keep: 'start' });
  // A node is not told by what happens to run there.
  const close = place.kind === 'node' ? [] : told.slice(0, closePods);
  const first = close[0];
  if (first !== undefined && found.pod === undefined)
    notes.keep({
      rank: 7,
      title: `pod ${place.namespace}/${first.metadata.name}, in full`,
      text: fullText(withoutBallast(first)),
      keep: 'start',
    });
  const nodes = new Set(close.flatMap(({ spec }) => spec.nodeName ?? []));
  const sets = new Set(close.flatMap(({ metadata: pod }) => setOf(pod) ?? []));
  await Promise.all([
    ...(found.pod === undefined ? close.map((pod) => seen.events('Pod', pod.metadata.name)) : []),
    ...[...sets].map((name) => seen.events('ReplicaSet', name)),
    ...(found.made === undefined ? [] : [seen.events(found.made.kind, found.made.name)]),
    ...[...nodes].map((name) => seen.node(name)),
    ...close.map((pod) => podLogs(pod, client, notes)),
  ]);
}

const setOf = (pod: Meta): string | undefined => {
  const owner = controllerOf(pod);
  return owner?.kind === 'ReplicaSet' ? owner.name : undefined;
};

async function podsOf(
  { pod, selector }: Found,
  { kind, namespace, name }: KubernetesPlace,
  client: KubernetesClient,
  notes: Notes,
): Promise<readonly Pod[]> {
  if (pod !== undefined) return [pod];
  if (kind !== 'node' && selector === undefined) return [];
  const found = await notes.read(`pods of ${kind} ${name}`, (signal) =>
    client.list(
      'pods',
      selector === undefined
        ? { namespace: '', fieldSelector: `spec.nodeName=${name}` }
        : { namespace, labelSelector: selectorText(selector) },
      signal,
    ),
  );
  return found ?? [];
}

/** Who wrote which field, and a copy of the object that `kubectl apply` leaves in it, secrets and all. */
function withoutBallast(value: { readonly metadata: Meta }): unknown {
  const { managedFields: _fields, annotations, ...metadata } = value.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !name.endsWith('/last-applied-configuration'));
  return { ...value, metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) } };
}
