import { describe, expect, it } from 'vitest';
import { running } from '../../../test/fakes/docker-engine.ts';
import type { ContainerState } from '../../domain/clients.ts';
import { protectedBecause } from './protected.ts';

const app: ContainerState = { ...running, id: '3f'.repeat(32) };

describe('a container is never acted on', () => {
  it.each<[Partial<ContainerState>, string]>([
    [{ image: 'prom/prometheus' }, 'prometheus is part of the monitoring'],
    [{ image: 'quay.io:443/prometheus/node-exporter:v1.8@sha256:ab' }, 'node-exporter is part of the monitoring'],
    [{ image: 'gcr.io/cadvisor/cadvisor:v0.49' }, 'cadvisor is part of the monitoring'],
    [{ image: 'localhost:5000/alertmanager' }, 'alertmanager is part of the monitoring'],
    [{ image: 'grafana/grafana-oss:11' }, 'grafana-oss is part of the monitoring'],
    [{ image: 'mirror/x', name: 'node_exporter' }, 'node-exporter is part of the monitoring'],
    [{ labels: { 'com.docker.compose.service': 'blackbox-exporter' } }, 'blackbox-exporter is part of the monitoring'],
    [{ image: 'ghcr.io/acme/paramedic:1' }, 'paramedic is part of the monitoring'],
    [{ labels: { 'paramedic.dev/mode': 'none' } }, 'its label paramedic.dev/mode is none'],
    [{ labels: { 'io.kubernetes.pod.name': 'web-1' } }, 'it belongs to Kubernetes'],
  ])('%j', (fields, because) => {
    expect(protectedBecause({ ...app, ...fields }, 'host')).toBe(because);
  });

  it('when Paramedic itself runs in it', () => {
    expect(protectedBecause(app, app.id.slice(0, 12))).toBe('Paramedic runs in it');
  });
});

it.each<Partial<ContainerState>>([
  {},
  { image: 'acme/my-prometheus-client:1', name: 'my-prometheus-client' },
  { image: 'prometheus/app:2' },
  { name: 'grafana-reporter' },
  { image: 'sha256:3f3f3f' },
  { labels: { 'paramedic.dev/mode': 'observe' } },
])('an app is acted on: %j', (fields) => {
  expect(protectedBecause({ ...app, ...fields }, 'host')).toBeUndefined();
});
