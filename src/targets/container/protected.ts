import { hostname } from 'node:os';
import type { ContainerState } from '../../domain/clients.ts';
import type { Mode } from '../../domain/playbook.ts';

/** What watches and what repairs is never acted on: while it is down, nothing that we are told can be believed. */
const watchers: ReadonlySet<string> = new Set([
  'prometheus',
  'alertmanager',
  'prometheus-alertmanager',
  'node-exporter',
  'prometheus-node-exporter',
  'cadvisor',
  'kube-state-metrics',
  'blackbox-exporter',
  'prometheus-blackbox-exporter',
  'grafana',
  'grafana-oss',
  'grafana-enterprise',
  'paramedic',
]);

/** Set to `none` on a container, Paramedic keeps its hands off it. */
const modeLabel = 'paramedic.dev/mode';

/** What the container itself allows; a word that we do not know narrows, as `observe` and `none` do. */
export const modeOf = ({ labels }: ContainerState): Mode | undefined =>
  (labels[modeLabel] ?? 'act') === 'act' ? undefined : 'observe';

/** Why this container is never acted on; undefined: it may be. Whole names count, so `my-prometheus-client` is no watcher. */
export function protectedBecause(state: ContainerState, ownHostname: string = hostname()): string | undefined {
  const { id, name, image, labels } = state;
  if (labels[modeLabel] === 'none') return `its label ${modeLabel} is none`;
  if (labels['io.kubernetes.pod.name'] !== undefined) return 'it belongs to Kubernetes';
  // A container's host name is the start of its id, unless it was given another one.
  if (ownHostname.length >= 12 && id.startsWith(ownHostname)) return 'Paramedic runs in it';
  const watcher = [repositoryBasename(image), name, labels['com.docker.compose.service'] ?? '']
    .map((word) => word.toLowerCase().replaceAll('_', '-'))
    .find((word) => watchers.has(word));
  return watcher === undefined ? undefined : `${watcher} is part of the monitoring`;
}

/** `quay.io:443/prometheus/node-exporter:v1.8@sha256:…` → `node-exporter` */
const repositoryBasename = (image: string): string =>
  (image.split('@')[0]?.split('/').at(-1) ?? '').replace(/:.*$/, '');
