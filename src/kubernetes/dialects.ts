import { first, has, type Labels } from './label-set.ts';
import { isOfKubelet } from './scraped-from.ts';

/** The words that a label set can name a Kubernetes object by, whatever the dialect calls them. */
export type Word =
  | 'cluster'
  | 'namespace'
  | 'pod'
  | 'container'
  | 'node'
  | 'service'
  | 'instance'
  | 'endpoint'
  | 'job_name'
  | 'cronjob'
  | 'deployment'
  | 'statefulset'
  | 'daemonset'
  | 'replicaset'
  | 'persistentvolumeclaim'
  | 'horizontalpodautoscaler';

/** What Prometheus adds to a series to say where it was scraped, unless the series has the label itself. */
export const scrapeWords = ['namespace', 'pod', 'container', 'node', 'service', 'instance', 'endpoint'] as const;

const otel = (word: string): readonly string[] => [`k8s.${word}.name`, `k8s_${word}_name`];

/** Names that a resource attribute brings (OpenTelemetry): they tell of the victim, and no scrape configuration writes them. */
const attributes: Readonly<Partial<Record<Word, readonly string[]>>> = {
  namespace: otel('namespace'),
  pod: otel('pod'),
  container: otel('container'),
  node: otel('node'),
  job_name: otel('job'),
  cronjob: otel('cronjob'),
  deployment: otel('deployment'),
  statefulset: otel('statefulset'),
  daemonset: otel('daemonset'),
  replicaset: otel('replicaset'),
  horizontalpodautoscaler: otel('hpa'),
};

/** Fluentd's and Fluent Bit's, told from the scrape configurations' by their word for the namespace. */
const fluent: Readonly<Partial<Record<Word, readonly string[]>>> = {
  namespace: ['kubernetes_namespace_name'],
  pod: ['kubernetes_pod_name'],
  container: ['kubernetes_container_name'],
  node: ['kubernetes_host'],
};

/** Other spellings, for want of the plain one. The `kubernetes_…` are where the community chart's old jobs scraped. */
const spellings: Readonly<Partial<Record<Word, readonly string[]>>> = {
  cluster: otel('cluster'),
  namespace: ['kubernetes_namespace', 'pod_namespace'],
  pod: ['pod_name', 'kubernetes_pod_name'],
  node: ['node_name', 'kubernetes_node', 'kubernetes_node_name'],
  service: ['kubernetes_name'],
  persistentvolumeclaim: ['pvc'],
  horizontalpodautoscaler: ['hpa'],
};

export interface Spoken {
  /** In plain words; an empty label is an absent one, as in Prometheus. */
  readonly words: Readonly<Partial<Record<Word, string>>>;
  /**
   * True: where it was scraped was told apart from what it is about and is left out, so every word is the metric's own.
   */
  readonly own: boolean;
}

/** The label set in plain words. */
export function spoken(labels: Labels): Spoken {
  const renamed = scrapeWords.some((word) => has(labels, `exported_${word}`)) || has(labels, 'exported_job');
  const resource = attributesIn(labels);
  const ofKubelet = isOfKubelet(labels);
  const own = renamed || resource.namespace !== undefined || resource.pod !== undefined;
  const words: Partial<Record<Word, string>> = {};
  for (const word of allWords) {
    // The kubelet is scraped on its node, so no pod and no container of its own stand before the metric's.
    const scraped = own && isScrapeWord(word) && !(ofKubelet && (word === 'pod' || word === 'container'));
    const plain = scraped ? [] : [word, ...(spellings[word] ?? [])];
    // A metric's own `cluster` is that of a database; Kubernetes' is what Prometheus adds.
    const names = word === 'cluster' ? plain : [`exported_${word}`, ...plain];
    const value = first(labels, names) ?? resource[word];
    if (value !== undefined) words[word] = value;
  }
  return { words: { ...words, ...resource }, own };
}

function attributesIn(labels: Labels): Partial<Record<Word, string>> {
  const tables = has(labels, 'kubernetes_namespace_name') ? [attributes, fluent] : [attributes];
  const found: Partial<Record<Word, string>> = {};
  for (const word of allWords) {
    const value = first(
      labels,
      tables.flatMap((table) => table[word] ?? []),
    );
    if (value !== undefined) found[word] = value;
  }
  return found;
}

const allWords: readonly Word[] = [
  ...scrapeWords,
  'cluster',
  'job_name',
  'cronjob',
  'deployment',
  'statefulset',
  'daemonset',
  'replicaset',
  'persistentvolumeclaim',
  'horizontalpodautoscaler',
];

const isScrapeWord = (word: Word): boolean => scrapeWords.some((one) => one === word);
