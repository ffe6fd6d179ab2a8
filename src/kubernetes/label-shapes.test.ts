import { describe, expect, it } from 'vitest';
import { by, ksmOfHelm, nodeExporterOfHelm, type Labels } from '../../test/fakes/label-dialects.ts';
import { namedIn, type Named } from './labels.ts';

const pod = { namespace: 'shop', pod: 'checkout-7d9c5b6f4d-x2x9k', uid: '0f6f3b0a-0000-4000-8000-000000000001' };
const crashing = { ...pod, container: 'checkout', reason: 'CrashLoopBackOff' };
const aPod: Named = { kind: 'pod', namespace: 'shop', name: pod.pod };
const object = (kind: Named['kind'], name: string): Named => ({ kind, namespace: 'shop', name });
const node: Named = { kind: 'node', name: 'worker-1' };
const address: Named = { kind: 'node', address: '10.0.0.5' };
const ofDeployment = { namespace: 'shop', deployment: 'checkout' };
const claim = { namespace: 'shop', persistentvolumeclaim: 'data-db-0' };
const long = '-exporter'.repeat(30);
const appPod = {
  namespace: 'shop',
  pod: 'checkout-7d9c5b6f4d-x2x9k',
  container: 'checkout',
  instance: '10.244.1.9:8080',
  service: 'checkout',
  endpoint: 'http',
  job: 'checkout',
};

describe('beside the dialects', () => {
  it.each<[string, Labels, Named | undefined]>([
    ['an application tells of itself', appPod, aPod],
    ['even on port 9100', { ...appPod, instance: '10.244.1.9:9100' }, aPod],
    ['and of its Service, once summed', by(appPod, ['namespace', 'service', 'job']), object('service', 'checkout')],
    [
      'an exporter does not, by its pod',
      { ...appPod, pod: 'redis-exporter-7d9c5b6f4d-x2x9k', service: 'redis-exporter', job: 'redis' },
      undefined,
    ],
    ['nothing is that long, so that is what is refused', { ...appPod, pod: long }, object('pod', long)],
    [
      'nor does a label take long, whoever wrote it',
      { namespace: 'shop', service: 'checkout', job: `${'-exporter'.repeat(60_000)}!` },
      undefined,
    ],
    ['an exporter does not, by its Service', { namespace: 'shop', service: 'redis-exporter', job: 'redis' }, undefined],
    [
      'an exporter as a sidecar tells of the pod',
      { ...appPod, pod: 'redis-0', container: 'redis-exporter', service: 'redis-exporter' },
      object('pod', 'redis-0'),
    ],
    [
      'an application that exports something else is a victim like any other',
      { ...ksmOfHelm, ...crashing, pod: 'invoice-exporter-7d9c5b6f4d-x2x9k' },
      object('pod', 'invoice-exporter-7d9c5b6f4d-x2x9k'),
    ],
    [
      "the community chart's node is where an application runs",
      {
        namespace: 'shop',
        service: 'checkout',
        node: 'worker-2',
        instance: '10.244.1.9:8080',
        job: 'kubernetes-service-endpoints',
      },
      object('service', 'checkout'),
    ],
    [
      'the community chart of old says where it scraped in words of its own',
      {
        ...crashing,
        kubernetes_namespace: 'monitoring',
        kubernetes_name: 'kube-state-metrics',
        kubernetes_node: 'worker-2',
        app: 'kube-state-metrics',
      },
      aPod,
    ],
    [
      'pods of the community chart of old',
      { kubernetes_namespace: 'shop', kubernetes_pod_name: aPod.name ?? '', job: 'kubernetes-pods' },
      aPod,
    ],
    [
      'OpenTelemetry, dotted',
      { 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'checkout', 'k8s.pod.name': 'x' },
      object('deployment', 'checkout'),
    ],
    [
      "OpenTelemetry through a collector's exporter",
      {
        ...appPod,
        namespace: 'otel',
        pod: 'otel-collector-0',
        k8s_namespace_name: 'shop',
        k8s_pod_name: aPod.name ?? '',
      },
      aPod,
    ],
    [
      'Fluentd',
      {
        ...appPod,
        namespace: 'logging',
        pod: 'fluentd-x2x9k',
        kubernetes_namespace_name: 'shop',
        kubernetes_pod_name: aPod.name ?? '',
      },
      aPod,
    ],
    [
      'an ingress controller tells of the Service behind it',
      {
        ...appPod,
        namespace: 'ingress-nginx',
        pod: 'ingress-nginx-controller-7d9c5b6f4d-x2x9k',
        exported_namespace: 'shop',
        exported_service: 'checkout',
        ingress: 'shop',
      },
      object('service', 'checkout'),
    ],
    ['a push gateway tells of no pod', { ...appPod, exported_job: 'nightly' }, undefined],
    [
      "the mixin's workload",
      { namespace: 'shop', workload: 'checkout', workload_type: 'deployment' },
      object('deployment', 'checkout'),
    ],
    [
      'a ReplicaSet is its Deployment',
      { ...ksmOfHelm, namespace: 'shop', replicaset: 'checkout-7d9c5b6f4d' },
      { ...object('deployment', 'checkout-7d9c5b6f4d'), replicaset: true },
    ],
    [
      'an endpoint slice is its Service',
      { namespace: 'shop', endpointslice: 'checkout-x2x9k' },
      object('service', 'checkout'),
    ],
    [
      'the endpoint slice of the API server has its own name',
      { namespace: 'default', endpointslice: 'kubernetes' },
      { kind: 'service', namespace: 'default', name: 'kubernetes' },
    ],
    [
      'a node of the community chart without honorLabels',
      { ...ksmOfHelm, node: 'worker-2', exported_node: 'worker-1', condition: 'Ready', status: 'true' },
      node,
    ],
    [
      'a container of the kubelet without honorLabels',
      {
        exported_namespace: 'shop',
        namespace: 'kube-system',
        pod: pod.pod,
        container: 'checkout',
        node: 'worker-1',
        job: 'kubelet',
      },
      aPod,
    ],
    ['node_name', { node_name: 'worker-1' }, node],
    ['node-exporter with the host name', { ...nodeExporterOfHelm, nodename: 'worker-1' }, { ...node, ...address }],
    ['node-exporter beside the cluster', { job: 'node', instance: '10.0.0.5:9100' }, address],
    ['node-exporter by its port alone', { instance: '[fd00::5]:9100' }, { kind: 'node', address: 'fd00::5' }],
    ['node-exporter federated', { job: 'federate', exported_job: 'node', exported_instance: '10.0.0.5:9100' }, address],
    [
      "node-exporter's own pod, as the kubelet sees it",
      { namespace: 'monitoring', pod: 'node-exporter-x7k2p', container: 'node-exporter', node: 'worker-1' },
      undefined,
    ],
    [
      'the most specific of several',
      { namespace: 'shop', job_name: 'a', cronjob: 'b', deployment: 'c', node: 'd', pod: 'e', uid: 'f' },
      object('job', 'a'),
    ],
    ['a workload before the volume', { ...claim, statefulset: 'db' }, object('statefulset', 'db')],
    ['an empty label is none', { namespace: 'shop', deployment: '', statefulset: 'db' }, object('statefulset', 'db')],
    [
      'the cluster goes with it',
      { ...ofDeployment, cluster: 'prod' },
      { ...object('deployment', 'checkout'), cluster: 'prod' },
    ],
    [
      "a metric's own cluster does not",
      { ...ofDeployment, exported_cluster: 'redis' },
      object('deployment', 'checkout'),
    ],
    ['a pod without its namespace', { pod: 'checkout-0' }, { kind: 'pod', name: 'checkout-0' }],
    ['the kubelet by its address', { job: 'kubelet', instance: '10.0.0.5:10250' }, address],
    ['a cAdvisor of its own', { job: 'cadvisor', name: 'web', instance: '10.0.0.5:8080' }, undefined],
    ['Watchdog', { alertname: 'Watchdog', severity: 'none' }, undefined],
    ['a probe', { job: 'blackbox', instance: 'https://shop.example/', namespace: 'shop' }, undefined],
    ['GrafanaRequestsFailing', { namespace: 'monitoring', handler: '/api', job: 'grafana' }, undefined],
    ['KubeClientErrors', { job: 'apiserver', instance: '10.0.0.1:6443', namespace: 'default' }, undefined],
    ['a compose container', { name: 'web', compose_project: 'shop', compose_service: 'web' }, undefined],
  ])('%s', (_what, labels, named) => {
    expect(namedIn(labels)).toEqual(named);
  });

  it("kube-state-metrics' own pod, when it is the victim, is told apart to be refused", () => {
    const labels = { ...ksmOfHelm, ...crashing, namespace: 'monitoring', pod: ksmOfHelm['pod'] ?? '' };
    expect(namedIn(labels)).toMatchObject({ kind: 'pod', exporter: 'kube-state-metrics' });
  });
});
