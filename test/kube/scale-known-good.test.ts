import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { scaleDeployment } from '../../src/actions/scale/deployment.ts';
import { scaleStatefulSet } from '../../src/actions/scale/statefulset.ts';
import { createPrometheusClient } from '../../src/clients/prometheus.ts';
import type { Clients } from '../../src/domain/clients.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { type ClusterClients, clusterClients } from '../harness/cluster-clients.ts';
import { autoscaler, deployment, statefulSet } from '../harness/kube-objects.ts';
import { type KubePrometheus, startKubePrometheus } from '../harness/kube-scene-prometheus.ts';
import { startStateMetrics, type StateMetrics } from '../harness/state-metrics.ts';
import { lastWellAt, type Remembered, wellUntilLately } from './replicas-past.ts';

const name = 'web';
const signal = new AbortController().signal;
let scene: ClusterClients;
let stateMetrics: StateMetrics;
beforeAll(async () => {
  scene = await clusterClients('known-good');
  stateMetrics = await startStateMetrics(scene.cluster.kubeconfig);
});
afterAll(async () => {
  await stateMetrics.stop();
  await scene.close();
});

type Case = Pick<Remembered, 'kind' | 'dialect'> & {
  /** What kube-state-metrics calls the number it is to have. */
  readonly metric: string;
};

async function prometheusOf(given: Case, namespace: string): Promise<KubePrometheus> {
  const prometheus = await startKubePrometheus({
    dialect: given.dialect,
    stateMetricsPort: stateMetrics.port,
    rules: [],
    alertmanager: 'http://127.0.0.1:9',
    past: wellUntilLately({ ...given, namespace, name, replicas: 2 }),
  });
  onTestFinished(() => prometheus.stop());
  return prometheus;
}

describe.each<Case>([
  { kind: 'deployment', dialect: 'helm', metric: 'kube_deployment_spec_replicas' },
  { kind: 'statefulset', dialect: 'no-honor-labels', metric: 'kube_statefulset_replicas' },
])('a $kind that was scaled to 0, where Prometheus speaks $dialect', (given) => {
  const { kind, dialect, metric } = given;
  const action = kind === 'deployment' ? scaleDeployment : scaleStatefulSet;

  it('gets the number back that it had when it was last well, once', async () => {
    const { cluster } = scene;
    const namespace = await cluster.namespace('known-good');
    const target = { kind, key: kubernetesKey({ cluster: 'prod', namespace, kind, name }) };
    await cluster.apply((kind === 'deployment' ? deployment : statefulSet)({ namespace, name, replicas: 2 }));
    const resource = kind === 'deployment' ? 'deployments.apps' : 'statefulsets.apps';
    await cluster.patch(resource, { namespace, name }, { spec: { replicas: 0 } }, { subresource: 'scale' });
    const prometheus = await prometheusOf(given, namespace);
    const clients: Clients = { ...scene.clients, prometheus: createPrometheusClient({ url: prometheus.url }) };

    // What kube-state-metrics tells now has the very labels that the past was made with.
    const place = dialect === 'no-honor-labels' ? 'exported_namespace' : 'namespace';
    const selector = `${metric}{${place}="${namespace}"}`;
    const prometheusHas = (replicas: number) =>
      cluster.waitFor(
        `Prometheus to have it at ${replicas}`,
        async () => (await prometheus.series(selector))[0]?.value === replicas,
      );
    await prometheusHas(0);
    expect(await prometheus.series(`count(last_over_time(${selector}[3h]))`)).toMatchObject([{ value: 1 }]);

    const look = async (): Promise<WorkloadState> => {
      const state = await observeWorkload(kind)(target, clients);
      if (state === undefined) throw new Error(`${target.key} is gone`);
      return state;
    };
    const plan = async (state: WorkloadState) => {
      const params = { to: 'known-good' };
      const extra = await action.observe(target, clients, params);
      return action.plan({ target, state, extra, params, labels: {}, now: Date.now() });
    };

    const before = await look();
    const [planned] = [await plan(before)].flat();
    const until = new Date(lastWellAt).toISOString().slice(11, 16);
    expect(planned).toMatchObject({
      summary: `scale ${kind} ${namespace}/web from 0 to 2 replicas, what it had when it was last well (for 2h39m until ${until} UTC)`,
      change: { kind, from: 0, to: 2 },
    });
    if (planned === undefined || !('change' in planned)) throw new Error('no plan');
    const { change } = planned;
    await action.apply(change, clients, signal);
    await action.apply(change, clients, signal);
    const after = await cluster.waitFor('its replicas to be back', async () => {
      const state = await look();
      return action.verify({ before, state, change }).ok && state;
    });
    expect(after.available).toBe(2);
    expect(await cluster.auditedWrites({ userAgent: 'paramedic', namespace })).toHaveLength(1);

    // It scrapes every few seconds; until it has, there is nothing to compare with, and the plan says that instead.
    await prometheusHas(2);
    // What it is asked over a range is of whole minutes, and each looks back over two.
    const said = 'it has 2 replicas already, as whenever it was well in the last 24 h';
    await expect
      .poll(() => plan(after), { timeout: 240_000 })
      .toMatchObject({ ok: false, reason: expect.stringContaining(said) });
    if (kind !== 'deployment') return;
    await cluster.apply(autoscaler({ namespace, name, min: 1, max: 4 }));
    expect(await plan({ ...after, desired: 0 })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('its replicas are set by HorizontalPodAutoscaler web (1 to 4 replicas)'),
    });
  });
});
