import { afterEach, describe, expect, it } from 'vitest';
import type { PastSeries } from '../../../test/harness/prometheus-past.ts';
import { type Prometheus, startPrometheus } from '../../../test/harness/prometheus.ts';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import { listing } from '../../../test/fakes/prometheus.ts';
import { createPrometheusClient } from '../../clients/prometheus.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { readReplicaHistory } from './replica-history.ts';

const minute = 60_000;
/** A whole step; what is asked about ends here. */
const now = Math.floor(Date.now() / minute) * minute - 2 * minute;
const ago = (minutes: number): number => now - minutes * minute;

type Samples = PastSeries['samples'];
/** The same number, from so many minutes ago to so many, every `everyS` seconds, a little after the whole minute. */
const told = (value: number, from: number, to: number, everyS = 30): Samples =>
  Array.from({ length: ((from - to) * 60) / everyS + 1 }, (_, index) => [
    ago(from) + index * everyS * 1000 + 700,
    value,
  ]);

const helm = 'namespace="shop",job="kube-state-metrics",container="kube-state-metrics",instance="10.42.0.17:8080"';
const renamed = 'namespace="monitoring",exported_namespace="shop",job="kube-state-metrics",pod="ksm-1"';
const both = (labels: string, wanted: Samples, available = wanted, name = 'web'): readonly PastSeries[] => [
  { series: `kube_deployment_spec_replicas{deployment="${name}",${labels}}`, samples: wanted },
  { series: `kube_deployment_status_replicas_available{deployment="${name}",${labels}}`, samples: available },
];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function prometheusWith(past: readonly PastSeries[]): Promise<Prometheus> {
  const prometheus = await startPrometheus({ rulesFiles: [], scrape: [], alertmanagers: [], past });
  closers.push(() => prometheus.stop());
  return prometheus;
}
async function apiClient(): Promise<KubeApi['client']> {
  const api = await startKubeApi();
  closers.push(() => api.close());
  return api.client;
}
const ask = (clients: Clients, key = 'deployment/web') => {
  const kind = key.startsWith('statefulset') ? 'statefulset' : 'deployment';
  return readReplicaHistory({ kind, key: `kubernetes/prod/shop/${key}` }, clients, now + 20_000);
};
async function history(past: readonly PastSeries[], key?: string, clusters = ['prod']): Promise<unknown> {
  const { url } = await prometheusWith(past);
  const client = await apiClient();
  return ask(
    {
      docker: new Map(),
      kubernetes: new Map(clusters.map((name) => [name, client])),
      prometheus: createPrometheusClient({ url }),
    },
    key,
  );
}

describe('out of a real Prometheus', () => {
  it.each([
    ['with its own labels', helm],
    ['without honorLabels', renamed],
    ['with its cluster', `${helm},cluster="prod"`],
  ])('the past of a Deployment is read %s', async (_dialect, labels) => {
    const wanted = [...told(5, 200, 100.5), ...told(3, 100, 30.5), ...told(0, 30, 0)];
    expect(await history(both(labels, wanted))).toEqual({
      stretches: [
        { replicas: 3, fromMs: ago(98), untilMs: ago(30) },
        { replicas: 5, fromMs: ago(199), untilMs: ago(100) },
      ],
      last: { replicas: 0, atMs: now },
    });
  });

  it('a StatefulSet has words of its own', async () => {
    const labels = `statefulset="db",${helm}`;
    const past = [
      { series: `kube_statefulset_replicas{${labels}}`, samples: told(3, 20, 10) },
      { series: `kube_statefulset_status_replicas_ready{${labels}}`, samples: told(3, 20, 10) },
      // How many it has, well or not.
      { series: `kube_statefulset_status_replicas{${labels}}`, samples: told(9, 20, 0) },
      ...both(helm, told(7, 20, 0), told(7, 20, 0), 'db'),
    ];
    expect(await history(past, 'statefulset/db')).toMatchObject({
      stretches: [{ replicas: 3, fromMs: ago(19), untilMs: ago(10) }],
    });
  });

  it('what was ill for one scrape only, what was never all there, and what had none at all was not well', async () => {
    const blip = both(helm, told(3, 12, 0, 15), [...told(3, 12, 6.25, 15), [ago(6) + 700, 2], ...told(3, 5.75, 0, 15)]);
    expect(await history(blip)).toMatchObject({ stretches: [{ fromMs: ago(11), untilMs: ago(6) }] });
    expect(await history(both(helm, told(3, 30, 0), told(2, 30, 0)))).toMatchObject({ stretches: [] });
    expect(await history(both(helm, told(0, 30, 0)))).toMatchObject({ stretches: [], last: { replicas: 0 } });
  });

  it('a Prometheus that was down for 4 minutes says nothing of them, although a query would look back 5', async () => {
    const past = both(helm, [...told(3, 12, 8), ...told(3, 4, 0)]);
    expect(await history(past)).toMatchObject({ stretches: [], last: { replicas: 3 } });
  });

  it('a scrape every 2 minutes is no gap', async () => {
    expect(await history(both(helm, told(3, 30, 0, 120)))).toMatchObject({ stretches: [{ replicas: 3 }] });
  });

  it('a kube-state-metrics that was replaced tells the same story', async () => {
    const old = helm.replace('10.42.0.17', '10.42.0.18');
    const past = [...both(old, told(3, 30, 11)), ...both(helm, told(3, 10.5, 0))];
    expect(await history(past)).toMatchObject({ stretches: [{ replicas: 3, fromMs: ago(29), untilMs: ago(2) }] });
  });

  it('namesakes elsewhere are not meant', async () => {
    const past = [
      ...both('namespace="other"', told(7, 30, 0)),
      // About a Deployment of another namespace; ours is where the exporter is.
      ...both('namespace="shop",exported_namespace="other"', told(8, 30, 0)),
      ...both(`${helm},cluster="staging"`, told(9, 30, 0)),
      ...both(`${helm},cluster="prod"`, told(3, 30, 0)),
    ];
    expect(await history(past, undefined, ['prod', 'staging'])).toMatchObject({ stretches: [{ replicas: 3 }] });
    expect(await history(past.slice(0, 6))).toEqual({
      ok: false,
      reason: 'Prometheus knows one of its name in cluster "staging" only, not in prod',
    });
    expect(await history(past.slice(0, 4))).toEqual({
      ok: false,
      reason:
        'Prometheus knows nothing of it (kube_deployment_spec_replicas, from kube-state-metrics); give the step a number: scale: {to: 3}',
    });
  });

  it('two clusters that can not be told apart are not guessed between', async () => {
    const past = [...both(helm, told(3, 30, 20)), ...both('namespace="shop"', told(5, 25, 0))];
    expect(await history(past)).toEqual({
      ok: false,
      reason:
        'Prometheus has 3 and 5 replicas for it at the same time, as of two clusters of which neither has a label cluster; give the step a number: scale: {to: 3}',
    });
    expect(await history(both(helm, told(3, 30, 0)), undefined, ['prod', 'staging'])).toEqual({
      ok: false,
      reason:
        'its series in Prometheus do not say which of 2 clusters they are of; have them scraped with a label cluster: prod, or give the step a number: scale: {to: 3}',
    });
  });
});

describe('nothing is known', () => {
  const none: Clients = { docker: new Map(), kubernetes: new Map() };
  const failing = (thrown: Error): Clients => ({
    ...none,
    prometheus: { ...listing(() => Promise.reject(thrown)), range: () => Promise.reject(thrown) },
  });

  it('without a Prometheus', async () => {
    expect(await ask(none)).toEqual({
      ok: false,
      reason:
        'how many replicas it had when it was well is not known without a Prometheus; name one in the configuration, or give the step a number: scale: {to: 3}',
    });
  });

  it('while it does not answer; what comes after the step needs none', async () => {
    expect(await ask(failing(new ActionError('Prometheus is away', 'unreachable', true)))).toEqual({
      ok: false,
      reason: 'how many replicas it had when it was well is not known: Prometheus is away',
      retryAfterMs: 30_000,
    });
    expect(await ask(failing(new ActionError('HTTP 401', 'forbidden', false)))).not.toHaveProperty('retryAfterMs');
    await expect(ask(failing(new TypeError('ours')))).rejects.toThrow('ours');
  });
});
