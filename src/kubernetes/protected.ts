import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { PodSpec } from '../domain/kubernetes.ts';
import { podMadeFrom } from './grammar.ts';

/** What watches is never acted on: while it is down, nothing that we are told can be believed. */
const watchers: ReadonlySet<string> = new Set([
  'prometheus',
  'prometheus-server',
  'prometheus-operator',
  'prometheus-operated',
  'prometheus-adapter',
  'prometheus-config-reloader',
  'prometheus-pushgateway',
  'pushgateway',
  'alertmanager',
  'alertmanager-operated',
  'prometheus-alertmanager',
  // What takes a page on its way.
  'prometheus-msteams',
  'alertmanager-discord',
  'alertmanager-bot',
  'kube-state-metrics',
  'metrics-server',
  'cadvisor',
  'grafana',
  'grafana-oss',
  'grafana-enterprise',
  'grafana-operator',
  'grafana-agent',
  'alloy',
  'promtail',
  'loki',
  'mimir',
  'cortex',
  'tempo',
  'thanos',
  'victoria-metrics',
  'victoria-metrics-single',
  'victoria-metrics-operator',
  'vmoperator',
  'vmauth',
  'vmagent',
  'vmalert',
  'vmalertmanager',
  'vmsingle',
  'vmselect',
  'vminsert',
  'vmstorage',
  'karma',
]);
/** Exporters by the names of their projects; an application may export as well, invoices for one. */
const exporters =
  /^(prometheus-)?(node|windows|blackbox|process|snmp|ipmi|smartctl|systemd|statsd|graphite|json|sql|postgres|mysqld?|mongodb|redis|memcached|elasticsearch|opensearch|kafka|rabbitmq|nginx|nginx-prometheus|apache|haproxy|consul|cloudwatch|stackdriver|x509-certificate|ssl|pve|kubernetes-event|dcgm)-exporter$/;

/** They stand beside what a pod is there for, and say nothing of it. */
const helpers: ReadonlySet<string> = new Set([
  'kube-rbac-proxy',
  'configmap-reload',
  'config-reloader',
  'k8s-sidecar',
  'oauth-proxy',
  'oauth2-proxy',
  'proxyv2',
]);

/** What of an object tells who it is. */
export interface Likeness {
  readonly name: string;
  /** Those of the object, its pods and, for a Service, what it selects. */
  readonly labels: readonly (Readonly<Record<string, string>> | undefined)[];
  readonly pods?: PodSpec;
}

const nameLabels = ['app.kubernetes.io/name', 'app.kubernetes.io/component', 'app', 'k8s-app', 'name'];
const partOf = 'app.kubernetes.io/part-of';

/** Why this object is never acted on; undefined: it may be. Whole names count: `prometheus-client-demo` is no watcher. */
export function protectedBecause(like: Likeness, own: OwnPod = ours): string | undefined {
  const { name, labels, pods } = like;
  const values = (keys: readonly string[]): readonly string[] =>
    labels.flatMap((of) => keys.map((key) => of?.[key] ?? '').filter((value) => value !== ''));
  if (values([partOf, 'app.kubernetes.io/name']).includes('paramedic')) return 'it is part of Paramedic';
  if (own.names.has(name)) return 'Paramedic runs in it';
  const part = values([partOf]).find((value) => /^(kube-prometheus(-stack)?|thanos|victoria-metrics.*)$/.test(value));
  if (part !== undefined) return `it is part of ${part}, the monitoring`;
  const watcher = [...values(nameLabels), name].map(watcherIn).find((found) => found !== undefined);
  return because(watcher ?? watcherInImages(pods));
}

const because = (watcher: string | undefined): string | undefined =>
  watcher === undefined ? undefined : `${watcher} is part of the monitoring`;

/** `kps-kube-state-metrics` and `kube-state-metrics` → `kube-state-metrics`. */
function watcherIn(word: string): string | undefined {
  const parts = word.toLowerCase().replaceAll('_', '-').split('-');
  const endings = parts.map((_, at) => parts.slice(at).join('-'));
  return endings.find((ending) => watchers.has(ending) || exporters.test(ending));
}

/** An exporter beside an application is its sidecar; a watcher in any container is one. */
function watcherInImages(pods: PodSpec | undefined): string | undefined {
  const all = (pods?.containers ?? []).map(({ image = '' }) => repositoryBasename(image));
  const images = all.filter((image) => !helpers.has(image));
  const watcher = images.find((image) => watchers.has(image));
  if (watcher !== undefined) return watcher;
  return images.length > 0 && images.every((image) => exporters.test(image)) ? images[0] : undefined;
}

/** `quay.io:443/prometheus/node-exporter:v1.8@sha256:…` → `node-exporter` */
const repositoryBasename = (image: string): string =>
  (image.split('@')[0]?.split('/').at(-1) ?? '').replace(/:.*$/, '').toLowerCase().replaceAll('_', '-');

/** The pod Paramedic runs in, and what makes it. */
export interface OwnPod {
  readonly names: ReadonlySet<string>;
}

/** A pod's host name is its name. Outside of a cluster it is only the machine's, which may be called as it likes. */
export function ownPod(
  name: string = hostname(),
  inCluster: boolean = existsSync('/var/run/secrets/kubernetes.io/serviceaccount'),
): OwnPod {
  const { deployment, statefulset, generated } = podMadeFrom(name);
  const makers = inCluster ? [deployment, statefulset, generated].filter((maker) => maker !== undefined) : [];
  return { names: new Set([name, ...makers]) };
}

const ours = ownPod();
