import type { KubernetesPlace } from '../../kubernetes/key.ts';

/** How far back is looked. */
export const backHours = 24;
/**
 * One point a minute: 1,441 of them in a day, of the 11,000 that Prometheus gives at most. No scrape falls between two
 * points, for each looks back over `windowMinutes`.
 */
export const stepMs = 60_000;
/**
 * Twice the usual scrape interval, and up to it one that is slower: a window holds a sample as long as there are any.
 * An instant query would look back over 5 min and take the last thing said before Prometheus went down for health; here
 * there is no value once nothing was scraped for that long.
 */
const windowMinutes = 2;
export const windowMs = windowMinutes * 60_000;
/** Stands for a number where a window has more than one. */
export const unsteady = -1;

const metrics = {
  deployment: ['kube_deployment_spec_replicas', 'kube_deployment_status_replicas_available'],
  statefulset: ['kube_statefulset_replicas', 'kube_statefulset_status_replicas_ready'],
} as const;
const metricsOf = (kind: string): readonly [string, string] =>
  kind === 'statefulset' ? metrics.statefulset : metrics.deployment;

/** The metric that says how many replicas it is to have. */
export const wantedMetric = ({ kind }: KubernetesPlace): string => metricsOf(kind)[0];

const windowOf = (metric: string, selector: string): string => `${metric}{${selector}}[${windowMinutes}m]`;
/** The one number that every sample of a window has. */
const steady = (window: string): string => `(min_over_time(${window}) == max_over_time(${window}))`;

/**
 * Its labels, and where they are without `honorLabels`: then the plain `namespace` is the exporter's. `or` makes no
 * series twice, for no series has both.
 */
const selectorsOf = ({ kind, namespace, name }: KubernetesPlace): readonly string[] => {
  const own = `${kind}=${JSON.stringify(name)}`;
  const place = JSON.stringify(namespace);
  return [`${own},namespace=${place},exported_namespace=""`, `${own},exported_namespace=${place}`];
};

/** Each source's number of replicas that it was to have; `unsteady` where that changed within a window. */
export const numberExpression = (place: KubernetesPlace): string =>
  selectorsOf(place)
    .map((selector) => windowOf(wantedMetric(place), selector))
    .map((window) => `(${steady(window)} or count_over_time(${window}) * 0 + ${unsteady})`)
    .join(' or ');

/** The same, where as many were available all the time, and it was not 0. */
export const wellExpression = (place: KubernetesPlace): string =>
  selectorsOf(place)
    .map((selector) => metricsOf(place.kind).map((metric) => steady(windowOf(metric, selector))))
    .map(([wanted, available]) => `(${wanted} == ${available} > 0)`)
    .join(' or ');
