import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import { deployment, images, job } from '../harness/kube-objects.ts';
import { dialects, type Dialect } from '../harness/kube-scene-dialects.ts';
import { kubePrometheusRules } from '../harness/kube-scene-published.ts';
import { type DeliveredAlert, startRecordingWebhook } from '../harness/recording-webhook.ts';
import { type KubeMonitoring, startKubeMonitoring } from '../harness/kube-scene.ts';
import { startStateMetrics } from '../harness/state-metrics.ts';

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Watched {
  readonly monitoring: KubeMonitoring;
  readonly next: (test: (alert: DeliveredAlert) => boolean) => Promise<DeliveredAlert>;
  readonly alerts: readonly DeliveredAlert[];
}
const watched = new Map<Dialect, Watched>();
const watchedBy = (dialect: Dialect): Watched => {
  const found = watched.get(dialect);
  if (found === undefined) throw new Error(`nothing watches in the dialect ${dialect}`);
  return found;
};

let cluster: TestCluster;
let namespace: string;
beforeAll(async () => {
  cluster = await testCluster();
  closers.push(() => cluster.close());
  namespace = await cluster.namespace('scene');
  await cluster.apply(deployment({ namespace, name: 'web', image: images.bad }));
  await cluster.apply(deployment({ namespace, name: 'well' }));
  await cluster.apply(job({ namespace, name: 'import', command: 'exit 3' }));
  await cluster.waitFor('what is well to be well', async () => {
    return (await cluster.get('deployments.apps', { namespace, name: 'well' }))?.status?.availableReplicas === 1;
  });
  const stateMetrics = await startStateMetrics(cluster.kubeconfig);
  closers.push(() => stateMetrics.stop());
  const rules = await kubePrometheusRules();
  const start = async (dialect: Dialect) => {
    const receiver = await startRecordingWebhook();
    closers.push(() => receiver.stop());
    const { kubeconfig } = cluster;
    const webhookUrl = receiver.url;
    const namespaces = [namespace];
    const monitoring = await startKubeMonitoring({ kubeconfig, dialect, rules, webhookUrl, namespaces, stateMetrics });
    closers.push(() => monitoring.stop());
    watched.set(dialect, { monitoring, next: (test) => receiver.next(test), alerts: receiver.alerts });
  };
  await Promise.all(dialects.map(start));
});

const named = (alertname: string) => (alert: DeliveredAlert) => alert.labels['alertname'] === alertname;
const exporterOf: Readonly<Record<Dialect, Readonly<Record<string, string>>>> = {
  helm: {
    job: 'kube-state-metrics',
    pod: 'kps-kube-state-metrics-5d9c5c6f7b-x2x7k',
    container: 'kube-state-metrics',
    service: 'kps-kube-state-metrics',
    endpoint: 'http',
    instance: '10.42.0.17:8080',
    prometheus: 'monitoring/kps-kube-prometheus-stack-prometheus',
  },
  jsonnet: {
    job: 'kube-state-metrics',
    container: 'kube-rbac-proxy-main',
    instance: '10.42.0.17:8443',
    prometheus: 'monitoring/k8s',
  },
  community: {
    job: 'kubernetes-service-endpoints',
    node: 'node-1',
    service: 'prometheus-kube-state-metrics',
    instance: '10.42.0.17:8080',
    app_kubernetes_io_component: 'metrics',
    app_kubernetes_io_instance: 'prometheus',
    app_kubernetes_io_managed_by: 'Helm',
    app_kubernetes_io_name: 'kube-state-metrics',
    app_kubernetes_io_part_of: 'kube-state-metrics',
    helm_sh_chart: 'kube-state-metrics-5.30.1',
  },
  'no-honor-labels': {
    job: 'kube-state-metrics',
    namespace: 'monitoring',
    pod: 'kps-kube-state-metrics-5d9c5c6f7b-x2x7k',
    container: 'kube-state-metrics',
    service: 'kps-kube-state-metrics',
    endpoint: 'http',
    instance: '10.42.0.17:8080',
    prometheus: 'monitoring/kps-kube-prometheus-stack-prometheus',
  },
};
/** The label that says where the victim is. */
const placeOf = (dialect: Dialect) => (dialect === 'no-honor-labels' ? 'exported_namespace' : 'namespace');

describe.each(dialects)('in the dialect %s', (dialect) => {
  it("a Deployment's bad image reaches the webhook under its own and the exporter's labels", async () => {
    const { labels, status } = await watchedBy(dialect).next(named('KubeDeploymentReplicasMismatch'));
    expect(status).toBe('firing');
    expect(labels).toEqual({
      ...exporterOf[dialect],
      alertname: 'KubeDeploymentReplicasMismatch',
      severity: 'warning',
      [placeOf(dialect)]: namespace,
      deployment: 'web',
    });
  });

  it('a failed Job is named by job_name, and job is the scrape job', async () => {
    const { labels } = await watchedBy(dialect).next(named('KubeJobFailed'));
    expect(labels).toMatchObject({
      job: exporterOf[dialect]['job'],
      job_name: 'import',
      [placeOf(dialect)]: namespace,
    });
  });

  it('nothing is said about what is well, or about other namespaces', async () => {
    const { monitoring, next, alerts } = watchedBy(dialect);
    await next(named('KubeDeploymentReplicasMismatch'));
    const series = await monitoring.prometheus.series('kube_deployment_status_replicas_available');
    expect(series.filter(({ labels }) => labels[placeOf(dialect)] === namespace)).toHaveLength(2);
    expect(alerts.filter(({ labels }) => labels['deployment'] === 'well')).toEqual([]);
    const places = alerts.map(({ labels }) => labels[placeOf(dialect)] ?? '');
    expect(new Set(places.filter((place) => place !== '' && place !== 'monitoring'))).toEqual(new Set([namespace]));
  });
});
