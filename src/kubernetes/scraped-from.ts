import type { Spoken } from './dialects.ts';
import { first, has, type Labels } from './label-set.ts';

/**
 * Which exporter an alert's series came from, as far as it matters: kube-state-metrics and the kubelet tell of others,
 * node-exporter of its node, any other exporter of something that is not in its own labels. Undefined: none of them,
 * so an application tells of itself.
 */
export type Exporter = 'kube-state-metrics' | 'kubelet' | 'node-exporter' | 'another exporter';

const kubeStateMetrics = /(^|[^a-z0-9])kube[-_]state[-_]metrics([^a-z0-9]|$)/;
const nodeExporter = /(^|[^a-z0-9])node[-_]exporter([^a-z0-9]|$)/;
const kubelet = /(^|[^a-z0-9])(kubelet|cadvisor|kubernetes-nodes(-cadvisor)?)$/;
const anyExporter = /[-_]exporter(-|$)/;

/** The labels that the community chart copies from the Service it scrapes. */
const copied = ['app_kubernetes_io_name', 'k8s_app', 'app'];

/** kube-state-metrics' metrics of a Service name it where otherwise its own stands. */
export const tellsOfService = (labels: Labels, service: string): boolean =>
  has(labels, 'uid') && !kubeStateMetrics.test(service);

export const isOfKubelet = (labels: Labels): boolean =>
  [labels['job'], labels['service']].some((name) => name !== undefined && kubelet.test(name));

/** By the scrape job first, which says who was asked, and by the pod last, which may be the one that is told of. */
export function scrapedFrom(labels: Labels, { words }: Spoken): Exporter | undefined {
  const job = labels['job'] ?? '';
  const asked = [job, words.service ?? labels['service'] ?? '', first(labels, copied) ?? ''];
  if (asked.some((name) => kubeStateMetrics.test(name))) return 'kube-state-metrics';
  if (asked.some((name) => kubelet.test(name))) return 'kubelet';
  if (isNodeJob(job) || asked.some((name) => nodeExporter.test(name))) return 'node-exporter';
  // Without them, an aggregation has dropped who was asked, or left nothing but the exporter's own pod.
  const from = monitoringPod(words.pod, words.container);
  // The kubelet tells of node-exporter's pod too: then the node is not what is meant.
  if (from === 'node-exporter' && words.instance?.endsWith(':9100') !== true) return 'another exporter';
  if (from !== undefined) return from;
  if (words.pod !== undefined) return anyExporter.test(words.pod) ? 'another exporter' : undefined;
  if (asked.some((name) => anyExporter.test(name))) return 'another exporter';
  // node-exporter's registered port, where nothing in the labels is of Kubernetes.
  const bare = words.namespace === undefined && words.service === undefined;
  return bare && words.instance?.endsWith(':9100') === true ? 'node-exporter' : undefined;
}

/**
 * When the pod itself is kube-state-metrics or node-exporter; told by its name or its container's. Leave the container
 * out where it may be that of the exporter beside a victim's pod.
 */
export function monitoringPod(pod = '', container = ''): 'kube-state-metrics' | 'node-exporter' | undefined {
  if (kubeStateMetrics.test(pod) || container === 'kube-state-metrics') return 'kube-state-metrics';
  return nodeExporter.test(pod) || container === 'node-exporter' ? 'node-exporter' : undefined;
}

const isNodeJob = (job: string): boolean => /^(node|nodes|windows[-_]exporter)$/.test(job);
