import { hostname } from 'node:os';
import { isIP } from 'node:net';
import type { ContainerState } from '../../domain/clients.ts';
import { type OwnRedis, runsOwnRedis } from '../../domain/own-redis.ts';
import type { Mode } from '../../domain/playbook.ts';
import { isPassing } from '../../domain/passing-container.ts';
import { isSetAside } from '../../domain/set-aside.ts';

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
/** Any value but `false`: somebody is at work on it, and it is only looked at. */
const maintenanceLabel = 'paramedic.dev/maintenance';

/** What the container itself allows; a word that we do not know narrows, as `observe` and `none` do. */
export function modeOf({ labels }: ContainerState): Mode | undefined {
  if ((labels[maintenanceLabel] ?? 'false') !== 'false') return 'observe';
  const mode = labels[modeLabel] ?? 'act';
  if (mode === 'act') return undefined;
  return mode === 'approve' ? 'approve' : 'observe';
}

/** Why this container is never acted on; undefined: it may be. Whole names count, so `my-prometheus-client` is no watcher. */
export function protectedBecause(state: ContainerState, ownHostname: string = hostname()): string | undefined {
  const { id, name, image, labels } = state;
  if (labels[modeLabel] === 'none') return `its label ${modeLabel} is none`;
  if (labels['io.kubernetes.pod.name'] !== undefined) return 'it belongs to Kubernetes';
  // Started again, it would work on the volumes of the one that has its name.
  if (isSetAside(name)) return 'Paramedic has set it aside for the one that was made in its place';
  if (isPassing(name)) return 'Paramedic has made it for a backup or a drill, and removes it';
  // A container's host name is the start of its id, unless it was given another one.
  if (ownHostname.length >= 12 && id.startsWith(ownHostname)) return 'Paramedic runs in it';
  if (labels['com.docker.compose.project'] === 'paramedic' || labels['app.kubernetes.io/part-of'] === 'paramedic')
    return 'it is part of Paramedic';
  const watcher = [repositoryBasename(image), name, labels['com.docker.compose.service'] ?? '']
    .map((word) => word.toLowerCase().replaceAll('_', '-'))
    .find((word) => watchers.has(word));
  return watcher === undefined ? undefined : `${watcher} is part of the monitoring`;
}

/** `quay.io:443/prometheus/node-exporter:v1.8@sha256:…` → `node-exporter` */
const repositoryBasename = (image: string): string =>
  (image.split('@')[0]?.split('/').at(-1) ?? '').replace(/:.*$/, '');

/** Why a container on that engine is never acted on, when it is our own Redis; undefined: it is not. */
export function ownRedisBecause(
  engine: string,
  { name, aliases, published }: ContainerState,
  own: OwnRedis | undefined,
): string | undefined {
  const on = own?.engines.find((one) => one.name === engine);
  if (own === undefined || on === undefined) return undefined;
  const { host, port } = own;
  // A host name may stand for any address of its machine.
  const leadsThere = (ip: string): boolean => ip === '' || ip === host || isIP(host) === 0;
  const isIt =
    (on.byName && [name, ...aliases].some((one) => one.toLowerCase() === host)) ||
    (on.byPort && published.some((one) => one.port === port && leadsThere(one.ip)));
  return isIt ? runsOwnRedis : undefined;
}
