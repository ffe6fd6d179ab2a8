import { describe, expect, it } from 'vitest';
import { ownPod, protectedBecause, type Likeness } from './protected.ts';

const like = (name: string, labels: Record<string, string> = {}, ...images: readonly string[]): Likeness => ({
  name,
  labels: [labels],
  pods: { containers: images.map((image, at) => ({ name: `c${at}`, image })) },
});
const elsewhere = ownPod('host', false);

describe('the monitoring is known', () => {
  it.each<[Likeness, string]>([
    [like('x', { 'app.kubernetes.io/name': 'prometheus' }), 'prometheus is part of the monitoring'],
    [
      like('x', { 'app.kubernetes.io/name': 'kps-prometheus-node-exporter' }),
      'prometheus-node-exporter is part of the monitoring',
    ],
    [like('x', { app: 'kube-prometheus-stack-alertmanager' }), 'alertmanager is part of the monitoring'],
    [
      like('x', { 'app.kubernetes.io/part-of': 'kube-prometheus-stack' }),
      'it is part of kube-prometheus-stack, the monitoring',
    ],
    [like('x', { 'k8s-app': 'metrics-server' }), 'metrics-server is part of the monitoring'],
    [like('kps-grafana'), 'grafana is part of the monitoring'],
    [like('prometheus_blackbox_exporter'), 'prometheus-blackbox-exporter is part of the monitoring'],
    [like('x', {}, 'istio/proxyv2:1', 'quay.io:443/thanos/thanos:v0.39@sha256:ab'), 'thanos is part of the monitoring'],
    [like('x', {}, 'gcr.io/cadvisor/cadvisor:v0.49'), 'cadvisor is part of the monitoring'],
    [like('x', {}, 'oliver006/redis_exporter:v1'), 'redis-exporter is part of the monitoring'],
    [
      like('x', { 'app.kubernetes.io/name': 'victoria-metrics-single' }),
      'victoria-metrics-single is part of the monitoring',
    ],
    [like('x', {}, 'victoriametrics/victoria-metrics:v1.130.0'), 'victoria-metrics is part of the monitoring'],
    [
      like('x', { 'app.kubernetes.io/name': 'victoria-metrics-operator' }, 'victoriametrics/operator:v0.60'),
      'victoria-metrics-operator is part of the monitoring',
    ],
    ...['cortex', 'tempo', 'promtail', 'alloy', 'grafana-operator'].map((name): [Likeness, string] => [
      like('x', {}, `ghcr.io/grafana/${name}:1`),
      `${name} is part of the monitoring`,
    ]),
    [like('prometheus-msteams'), 'prometheus-msteams is part of the monitoring'],
    [like('x', {}, 'prompve/prometheus-pve-exporter:3'), 'prometheus-pve-exporter is part of the monitoring'],
    [
      like(
        'x',
        {},
        'quay.io/brancz/kube-rbac-proxy:v0.20',
        'quay.io/prometheus/node-exporter:v1',
        'jimmidyson/configmap-reload:v0.9',
      ),
      'node-exporter is part of the monitoring',
    ],
    [like('x', { 'app.kubernetes.io/part-of': 'paramedic' }, 'redis:8'), 'it is part of Paramedic'],
    [like('x', { 'app.kubernetes.io/name': 'paramedic' }), 'it is part of Paramedic'],
  ])('%j', (one, because) => {
    expect(protectedBecause(one, elsewhere)).toBe(because);
  });
});

describe('an application is none of it', () => {
  it.each([
    like('checkout', { app: 'checkout' }, 'shop/checkout:1'),
    like('prometheus-client-demo', {}, 'acme/prometheus-client-demo:1'),
    like('invoice-exporter', { app: 'invoice-exporter' }, 'acme/invoice-exporter:1'),
    like('redis', {}, 'redis:8', 'oliver006/redis_exporter:v1'),
    like('grafana-reporter'),
    like('checkout', {}, 'shop/checkout:1', 'quay.io/brancz/kube-rbac-proxy:v0.20', 'oliver006/redis_exporter:v1'),
    like('login', {}, 'quay.io/oauth2-proxy/oauth2-proxy:v7'),
    like('x', {}, 'prometheus/app:2', ''),
    like('x', { 'app.kubernetes.io/managed-by': 'prometheus-operator-like' }),
  ])('%j', (one) => {
    expect(protectedBecause(one, elsewhere)).toBeUndefined();
  });
});

describe('the pod we run in', () => {
  it('is known by its host name, and what made it by that', () => {
    const own = ownPod('medic-7d9c5b6f4d-x2x9k', true);
    expect(protectedBecause(like('medic-7d9c5b6f4d-x2x9k'), own)).toBe('Paramedic runs in it');
    expect(protectedBecause(like('medic'), own)).toBe('Paramedic runs in it');
    expect(protectedBecause(like('medic-2'), own)).toBeUndefined();
  });

  it('is only the machine outside of a cluster', () => {
    expect(protectedBecause(like('db'), ownPod('db-0', false))).toBeUndefined();
  });
});
