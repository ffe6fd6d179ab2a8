import { describe, expect, it } from 'vitest';
import { running } from '../../../test/fakes/docker-engine.ts';
import type { ContainerState } from '../../domain/clients.ts';
import { drillName } from '../../domain/drill-things.ts';
import { readerName } from '../../domain/volume-reader.ts';
import { modeOf, ownRedisBecause, protectedBecause } from './protected.ts';

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
    [{ labels: { 'com.docker.compose.project': 'paramedic' } }, 'it is part of Paramedic'],
    [{ labels: { 'app.kubernetes.io/part-of': 'paramedic' } }, 'it is part of Paramedic'],
    [{ labels: { 'paramedic.dev/mode': 'none' } }, 'its label paramedic.dev/mode is none'],
    [{ labels: { 'io.kubernetes.pod.name': 'web-1' } }, 'it belongs to Kubernetes'],
    [{ name: 'web-paramedic-kept-0123456789ab' }, 'Paramedic has set it aside for the one that was made in its place'],
    [{ name: 'web-paramedic-old-0123456789ab' }, 'Paramedic has set it aside for the one that was made in its place'],
    [{ name: drillName() }, 'Paramedic has made it for a backup or a drill, and removes it'],
    [{ name: readerName() }, 'Paramedic has made it for a backup or a drill, and removes it'],
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
  { name: 'web-paramedic-old-one' },
  { image: 'sha256:3f3f3f' },
  { labels: { 'paramedic.dev/mode': 'observe' } },
])('an app is acted on: %j', (fields) => {
  expect(protectedBecause({ ...app, ...fields }, 'host')).toBeUndefined();
});

it.each<[ContainerState['labels'], string | undefined]>([
  [{}, undefined],
  [{ 'paramedic.dev/mode': 'approve' }, 'approve'],
  [{ 'paramedic.dev/mode': 'whatever' }, 'observe'],
  [{ 'paramedic.dev/maintenance': 'true' }, 'observe'],
  [{ 'paramedic.dev/maintenance': 'until noon', 'paramedic.dev/mode': 'act' }, 'observe'],
  [{ 'paramedic.dev/maintenance': 'false' }, undefined],
])('its labels %j allow %s', (labels, mode) => {
  expect(modeOf({ ...app, labels })).toBe(mode);
});

describe('our own Redis', () => {
  const own = (host: string, byName = true, byPort = true) => ({
    host,
    port: 6379,
    engines: [{ name: 'local', byName, byPort }],
    clusters: [],
    namespace: '',
  });
  const because = "Paramedic's own Redis runs in it (redis.url)";
  const publishes = (port: number, ip = ''): Partial<ContainerState> => ({ published: [{ ip, port }] });

  it.each<[string, Partial<ContainerState>]>([
    ['127.0.0.1', publishes(6379)],
    ['127.0.0.1', publishes(6379, '127.0.0.1')],
    ['localhost', publishes(6379, '127.0.0.1')],
    ['10.0.0.5', { ...publishes(6379), status: 'exited' }],
    ['redis', { name: 'Redis' }],
    ['cache', { name: 'shop-redis-1', aliases: ['cache', '172.18.0.2'] }],
    ['172.18.0.2', { aliases: ['cache', '172.18.0.2'] }],
  ])('at %s is %j', (host, fields) => {
    expect(ownRedisBecause('local', { ...app, ...fields }, own(host))).toBe(because);
  });

  it.each<[string, Partial<ContainerState>]>([
    ['127.0.0.1', publishes(6380)],
    ['127.0.0.1', publishes(6379, '10.0.0.5')],
    ['127.0.0.1', {}],
    ['redis', { name: 'redis-2', aliases: ['shop-redis'] }],
  ])('at %s is not %j', (host, fields) => {
    expect(ownRedisBecause('local', { ...app, ...fields }, own(host))).toBeUndefined();
  });

  it('is on no other engine, and neither by a name nor by a port that means nothing there', () => {
    const redis = { ...app, name: 'redis', ...publishes(6379) };
    expect(ownRedisBecause('edge-1', redis, own('redis'))).toBeUndefined();
    expect(ownRedisBecause('local', redis, undefined)).toBeUndefined();
    expect(ownRedisBecause('local', redis, own('redis', false, false))).toBeUndefined();
    expect(ownRedisBecause('local', redis, own('10.0.0.7', true, false))).toBeUndefined();
  });
});
