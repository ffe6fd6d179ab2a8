export type Labels = Record<string, string>;
/** How four set-ups of Prometheus label what they scrape. */
export type Dialect = 'helm' | 'jsonnet' | 'community' | 'honorLabels: false';
export const dialects: readonly Dialect[] = ['helm', 'jsonnet', 'community', 'honorLabels: false'];

/** What each set-up adds to say where it scraped. */
const copied = (name: string): Labels => ({
  app_kubernetes_io_name: name,
  app_kubernetes_io_instance: 'prometheus',
  app_kubernetes_io_part_of: name,
  helm_sh_chart: `${name}-6.1.0`,
});
export const ksmOfHelm: Labels = {
  namespace: 'monitoring',
  pod: 'kps-kube-state-metrics-5d8f7c9b4d-k2x8p',
  container: 'kube-state-metrics',
  instance: '10.244.1.7:8080',
  service: 'kps-kube-state-metrics',
  endpoint: 'http',
  job: 'kube-state-metrics',
};
export const nodeExporterOfHelm: Labels = {
  namespace: 'monitoring',
  pod: 'kps-prometheus-node-exporter-x7k2p',
  container: 'node-exporter',
  instance: '10.0.0.5:9100',
  service: 'kps-prometheus-node-exporter',
  endpoint: 'http-metrics',
  job: 'node-exporter',
};
const kubeletOfHelm: Labels = {
  namespace: 'kube-system',
  node: 'worker-1',
  instance: '10.0.0.5:10250',
  service: 'kps-kubelet',
  endpoint: 'https-metrics',
  job: 'kubelet',
  metrics_path: '/metrics',
};
export type From = 'ksm' | 'node' | 'kubelet';
const scraped: Record<From, Record<Dialect, Labels>> = {
  ksm: {
    helm: ksmOfHelm,
    jsonnet: { container: 'kube-rbac-proxy-main', instance: '10.244.1.7:8443', job: 'kube-state-metrics' },
    community: {
      ...copied('kube-state-metrics'),
      namespace: 'monitoring',
      node: 'worker-2',
      service: 'prometheus-kube-state-metrics',
      instance: '10.244.1.7:8080',
      job: 'kubernetes-service-endpoints',
    },
    'honorLabels: false': ksmOfHelm,
  },
  node: {
    helm: nodeExporterOfHelm,
    jsonnet: {
      namespace: 'monitoring',
      pod: 'node-exporter-x7k2p',
      container: 'kube-rbac-proxy',
      instance: 'worker-1',
      job: 'node-exporter',
    },
    community: {
      ...copied('prometheus-node-exporter'),
      namespace: 'monitoring',
      node: 'worker-1',
      service: 'prometheus-prometheus-node-exporter',
      instance: '10.0.0.5:9100',
      job: 'kubernetes-service-endpoints',
    },
    'honorLabels: false': nodeExporterOfHelm,
  },
  kubelet: {
    helm: kubeletOfHelm,
    jsonnet: { ...kubeletOfHelm, service: 'kubelet' },
    community: {
      instance: 'worker-1',
      job: 'kubernetes-nodes-cadvisor',
      kubernetes_io_hostname: 'worker-1',
      kubernetes_io_os: 'linux',
    },
    'honorLabels: false': kubeletOfHelm,
  },
};

/** A metric's series as that set-up stores it. */
export function series(from: From, dialect: Dialect, metric: Labels): Labels {
  const target = scraped[from][dialect];
  if (dialect !== 'honorLabels: false') return { ...target, ...metric };
  const own = Object.entries(metric).map(([key, value]) => [key in target ? `exported_${key}` : key, value]);
  return { ...target, ...Object.fromEntries(own) };
}
export const by = (labels: Labels, keys: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => keys.includes(key)));
export const without = (labels: Labels, keys: readonly string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !keys.includes(key)));
