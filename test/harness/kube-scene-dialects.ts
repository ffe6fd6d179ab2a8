/** How people install kube-state-metrics beside a Prometheus: each puts other labels on the same series. */
export type Dialect = 'helm' | 'jsonnet' | 'community' | 'no-honor-labels';
export const dialects: readonly Dialect[] = ['helm', 'jsonnet', 'community', 'no-honor-labels'];

/** Where the exporter and its Prometheus would run; the victims are elsewhere. */
export const monitoringNamespace = 'monitoring';

export interface DialectConfig {
  /** The scrape job, which the rules of such an install select by. */
  readonly job: string;
  /** False: what the exporter says of namespace, pod, … is moved to `exported_…`. */
  readonly honorLabels: boolean;
  /** What service discovery puts on the target: the exporter's own place. */
  readonly targetLabels: Readonly<Record<string, string>>;
  readonly externalLabels: Readonly<Record<string, string>>;
}

const exporter = {
  namespace: monitoringNamespace,
  pod: 'kps-kube-state-metrics-5d9c5c6f7b-x2x7k',
  container: 'kube-state-metrics',
  service: 'kps-kube-state-metrics',
  endpoint: 'http',
  instance: '10.42.0.17:8080',
};
const helmPrometheus = { prometheus: `${monitoringNamespace}/kps-kube-prometheus-stack-prometheus` };

export const dialectConfigs: Readonly<Record<Dialect, DialectConfig>> = {
  /** The chart kube-prometheus-stack. */
  helm: { job: 'kube-state-metrics', honorLabels: true, targetLabels: exporter, externalLabels: helmPrometheus },
  /** kube-prometheus from jsonnet: its ServiceMonitor drops pod, service, endpoint and namespace; a proxy is in front. */
  jsonnet: {
    job: 'kube-state-metrics',
    honorLabels: true,
    targetLabels: { container: 'kube-rbac-proxy-main', instance: '10.42.0.17:8443' },
    externalLabels: { prometheus: `${monitoringNamespace}/k8s` },
  },
  /** The community's chart `prometheus`: one job for all annotated Services, whose labels it copies. */
  community: {
    job: 'kubernetes-service-endpoints',
    honorLabels: true,
    targetLabels: {
      namespace: monitoringNamespace,
      service: 'prometheus-kube-state-metrics',
      node: 'node-1',
      instance: '10.42.0.17:8080',
      app_kubernetes_io_component: 'metrics',
      app_kubernetes_io_instance: 'prometheus',
      app_kubernetes_io_managed_by: 'Helm',
      app_kubernetes_io_name: 'kube-state-metrics',
      app_kubernetes_io_part_of: 'kube-state-metrics',
      helm_sh_chart: 'kube-state-metrics-5.30.1',
    },
    externalLabels: {},
  },
  /** The first one, with `honorLabels: false`. */
  'no-honor-labels': {
    job: 'kube-state-metrics',
    honorLabels: false,
    targetLabels: exporter,
    externalLabels: helmPrometheus,
  },
};
