/**
 * Which Kubernetes object an alert's labels name. Decided by the shape of the labels, never by the alert's name: names
 * are translated, copied and changed. Four dialects name the same victim differently, and three of them carry the
 * labels of the exporter beside it (or instead of it), which must never be taken for the victim:
 *
 * 1. Spelling (dialects.ts). `exported_…` and OpenTelemetry's and Fluent's attributes are the metric's own; where there
 *    is one, the plain `namespace`, `pod`, `container`, `node`, `service`, `instance`, `endpoint` are the exporter's
 *    and are dropped. All other spellings only stand in for a plain one that is missing.
 * 2. Who was scraped (scraped-from.ts): by `job`, `service` and the labels copied from its Service; by the pod only
 *    when those say nothing.
 * 3. Workloads: a label that bears a kind's name is always the victim's: no scrape configuration adds one.
 * 4. `pod` is kube-state-metrics' own, unless the metric owns it: a `uid`, or a `reason` or `phase` beside no other
 *    object, or no label at all of where it was scraped (`{namespace, pod, job}`, aggregated). A pod that is called
 *    kube-state-metrics is never the victim; with a `uid` it is, and refused by name. A `container` of that name tells
 *    whose pod it is only without a `uid`: a pod's metric that has no container of its own keeps the exporter's.
 *    The kubelet is scraped on the node, so a `pod` from there is the metric's. Node-exporter's is its own. Any other
 *    exporter's is its own, told by the pod's name: a sidecar's is the pod it serves. Else an application tells of itself.
 * 5. `node` is the victim when the metric owns it: `condition` with `status`, or a taint's `key` with `effect`, and no
 *    other object beside; from node-exporter and the kubelet; or when nothing else is named (aggregated). Otherwise it
 *    is only where something runs. Node-exporter's `instance` and `nodename` are the node as well.
 * 6. `service` and `endpointslice` count last, and never when they are an exporter's: kube-state-metrics' metric of a
 *    Service has a `uid`, and a `service` that is not called kube-state-metrics.
 * 7. `job` is the scrape job, never a Job.
 */
import { type Spoken, spoken, type Word } from './dialects.ts';
import { serviceOfSlice } from './grammar.ts';
import { has, type Labels } from './label-set.ts';
import { type Exporter, monitoringPod, scrapedFrom, tellsOfService } from './scraped-from.ts';

export type KubernetesKind =
  | 'deployment'
  | 'statefulset'
  | 'daemonset'
  | 'pod'
  | 'job'
  | 'cronjob'
  | 'node'
  | 'persistentvolumeclaim'
  | 'horizontalpodautoscaler'
  | 'service';

/** What the labels name, unchecked. */
export interface Named {
  readonly kind: KubernetesKind;
  /** Absent on a node that is named by its address only. */
  readonly name?: string;
  /** Absent on nodes, and where the labels do not say. */
  readonly namespace?: string;
  /** A node's IP address. */
  readonly address?: string;
  /** Kind `deployment`: the name is that of a ReplicaSet of it. */
  readonly replicaset?: true;
  /** The label `cluster`. */
  readonly cluster?: string;
  /** The exporter that this pod is, so it is not acted on. */
  readonly exporter?: string;
}

const workloads: readonly (readonly [Word, KubernetesKind])[] = [
  ['job_name', 'job'],
  ['cronjob', 'cronjob'],
  ['statefulset', 'statefulset'],
  ['daemonset', 'daemonset'],
  ['deployment', 'deployment'],
];
const claims = ['persistentvolumeclaim', 'horizontalpodautoscaler'] as const;

/** Objects that kube-state-metrics tells of and we know nothing about: the pod and the node beside them are its own. */
const strangers =
  /^(persistentvolume|resourcequota|limitrange|poddisruptionbudget|replicationcontroller|verticalpodautoscaler|customresource_.*)$/;
/** The same; but these words mean other things to other exporters. */
const strangersThere =
  /^(ingress|ingressclass|configmap|secret|networkpolicy|storageclass|volumeattachment|certificatesigningrequest|validatingwebhookconfiguration|mutatingwebhookconfiguration|lease|serviceaccount|clusterrole|rolebinding|endpointslice)$/;

/** Undefined: the labels are about something else, or not enough to tell. */
export function namedIn(labels: Labels): Named | undefined {
  const said = spoken(labels);
  const { words } = said;
  const named = workloadIn(labels, said) ?? overlongIn(words) ?? restIn(labels, said, scrapedFrom(labels, said));
  return named && { ...named, ...(words.cluster !== undefined && { cluster: words.cluster }) };
}

function workloadIn(labels: Labels, { words }: Spoken): Named | undefined {
  const place = inNamespace(words);
  for (const [word, kind] of workloads) {
    const name = words[word];
    if (name !== undefined) return { kind, name, ...place };
  }
  // kubernetes-mixin's own recording rules.
  const ofMixin = workloads.find(([, kind]) => kind === labels['workload_type']);
  if (ofMixin !== undefined && has(labels, 'workload')) {
    return { kind: ofMixin[1], name: labels['workload'] ?? '', ...place };
  }
  if (words.replicaset !== undefined) return { kind: 'deployment', name: words.replicaset, replicaset: true, ...place };
  for (const kind of claims) {
    const name = words[kind];
    if (name !== undefined) return { kind, name, ...place };
  }
  return undefined;
}

/** No name is that long, so it is told as it is, to be refused: nobody has to ask what else it might mean. */
function overlongIn(words: Spoken['words']): Named | undefined {
  for (const kind of ['pod', 'node', 'service'] as const) {
    const name = words[kind];
    if (name !== undefined && name.length > 253) return { kind, name, ...inNamespace(words) };
  }
  return undefined;
}

function restIn(labels: Labels, said: Spoken, from: Exporter | undefined): Named | undefined {
  const { words } = said;
  const toldOfPod = said.own && words.pod !== undefined;
  if (from === 'node-exporter' && !toldOfPod && !has(labels, 'uid')) return nodeOfExporter(labels, words);
  const stranger = isStranger(labels, from);
  // A pod's tolerations have a key and an effect as well.
  const alone = !stranger && !has(labels, 'uid');
  // A namespace that does not go away has conditions too, and all of them say so.
  const ofNode = hasBoth(labels, 'condition', 'status') && labels['condition']?.startsWith('Namespace') !== true;
  const marked = alone && (ofNode || hasBoth(labels, 'key', 'effect'));
  if (marked && words.node !== undefined) return { kind: 'node', name: words.node };
  const pod = podIn(labels, said, from, stranger);
  if (pod !== undefined) return pod;
  if (from === 'kubelet' && !said.own) return nodeOfKubelet(labels, words);
  if (words.node !== undefined && alone && isAlone(words)) return { kind: 'node', name: words.node };
  return serviceIn(labels, said, from, stranger);
}

function podIn(labels: Labels, said: Spoken, from: Exporter | undefined, stranger: boolean): Named | undefined {
  const { pod, container, namespace } = said.words;
  if (pod === undefined) return undefined;
  const named: Named = { kind: 'pod', name: pod, ...(namespace !== undefined && { namespace }) };
  const owned = has(labels, 'uid');
  const exporter = monitoringPod(pod, owned ? '' : container);
  if (exporter !== undefined && isOfService(labels, said, from)) return undefined;
  if (exporter !== undefined) return owned || from === 'kubelet' ? { ...named, exporter } : undefined;
  if (owned) return named;
  if (stranger || (from === 'another exporter' && !said.own)) return undefined;
  return said.own || from !== 'kube-state-metrics' || ownsItsPod(labels, said.words) ? named : undefined;
}

/** A metric of kube-state-metrics without a uid. */
const ownsItsPod = (labels: Labels, words: Spoken['words']): boolean =>
  has(labels, 'reason') ||
  has(labels, 'phase') ||
  (words.instance === undefined && words.endpoint === undefined && words.service === undefined);

const isStranger = (labels: Labels, from: Exporter | undefined): boolean =>
  Object.keys(labels).some(
    (key) => (strangers.test(key) || (from === 'kube-state-metrics' && strangersThere.test(key))) && has(labels, key),
  );

const hasBoth = (labels: Labels, one: string, other: string): boolean => has(labels, one) && has(labels, other);

const isAlone = ({ namespace, pod, service }: Spoken['words']): boolean =>
  namespace === undefined && pod === undefined && service === undefined;

/** Its `node` is where it runs, and so is what it measures. */
function nodeOfExporter(labels: Labels, words: Spoken['words']): Named | undefined {
  const host = words.instance === undefined ? undefined : hostOf(words.instance);
  const address = host !== undefined && isAddress(host) ? host : undefined;
  const hostname = address === undefined ? host : undefined;
  const name = words.node ?? (has(labels, 'nodename') ? labels['nodename'] : undefined) ?? hostname;
  if (name === undefined && address === undefined) return undefined;
  return { kind: 'node', ...(name !== undefined && { name }), ...(address !== undefined && { address }) };
}

function nodeOfKubelet(labels: Labels, words: Spoken['words']): Named | undefined {
  const name = words.node ?? labels['kubernetes_io_hostname'];
  if (name !== undefined && name !== '') return { kind: 'node', name };
  // Any other port is a cAdvisor's of its own.
  return words.instance?.endsWith(':10250') === true ? nodeOfExporter({}, words) : undefined;
}

function serviceIn(
  labels: Labels,
  { words, own }: Spoken,
  from: Exporter | undefined,
  stranger: boolean,
): Named | undefined {
  const { namespace, service } = words;
  if (namespace === undefined) return undefined;
  const slice = labels['endpointslice'];
  if (slice !== undefined && slice !== '') return { kind: 'service', name: serviceOfSlice(slice), namespace };
  if (service === undefined || stranger) return undefined;
  if (from !== undefined && !own && !isOfService(labels, { words, own }, from)) return undefined;
  return { kind: 'service', name: service, namespace };
}

const isOfService = (labels: Labels, { words: { service } }: Spoken, from: Exporter | undefined): boolean =>
  from === 'kube-state-metrics' && service !== undefined && tellsOfService(labels, service);

const inNamespace = ({ namespace }: Spoken['words']): { readonly namespace?: string } =>
  namespace === undefined ? {} : { namespace };

/** `10.0.0.5:9100`, `[fd00::5]:9100`, `node-1:9100`, `node-1` → without the port. */
const hostOf = (instance: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(instance)?.[1] ?? instance.replace(/^([^:]*):\d+$/, '$1');

/** Whether it looks like one: what it is worth is checked where it is used. */
const isAddress = (host: string): boolean => /^\d+(\.\d+){3}$/.test(host) || host.includes(':');
