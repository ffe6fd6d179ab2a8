import { type Dialect, dialectConfigs } from '../harness/kube-scene-dialects.ts';
import type { PastSeries } from '../harness/prometheus-past.ts';

const minute = 60_000;
const startedAt = Math.floor(Date.now() / minute) * minute;
const ago = (minutes: number): number => startedAt - minutes * minute;

/** A workload that a Prometheus remembers. */
export interface Remembered {
  readonly kind: 'deployment' | 'statefulset';
  readonly dialect: Dialect;
  readonly namespace: string;
  readonly name: string;
  /** Of which all were well. */
  readonly replicas: number;
}

/** What kube-state-metrics calls the number it is to have, and the number that is well. */
const metrics = {
  deployment: ['kube_deployment_spec_replicas', 'kube_deployment_status_replicas_available'],
  statefulset: ['kube_statefulset_replicas', 'kube_statefulset_status_replicas_ready'],
} as const;

/** The last whole minute at which a series of `wellUntilLately` was well, ms since the epoch. */
export const lastWellAt = ago(21);

/**
 * All replicas well from three hours ago until 20 minutes ago, and none from then on until ten minutes ago; as a Prometheus
 * with that dialect has stored it.
 */
export function wellUntilLately({ kind, dialect, namespace, name, replicas }: Remembered): readonly PastSeries[] {
  const { job, honorLabels, targetLabels } = dialectConfigs[dialect];
  const own = honorLabels ? { namespace } : { exported_namespace: namespace };
  const labels = Object.entries({ job, ...targetLabels, ...own, [kind]: name })
    .map(([key, value]) => `${key}="${value}"`)
    .join(',');
  const samples = (value: number, from: number, until: number) =>
    Array.from({ length: (from - until) * 2 }, (_, index) => [ago(from) + index * 30_000, value] as const);
  const [wanted, well] = metrics[kind];
  return [
    { series: `${wanted}{${labels}}`, samples: samples(replicas, 180, 10) },
    { series: `${well}{${labels}}`, samples: [...samples(replicas, 180, 20), ...samples(0, 20, 10)] },
  ];
}
