import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment, images, probe, service } from '../../harness/kube-objects.ts';
import type { FaultPlace } from '../../harness/kube-fault-run.ts';
import { untilEnded, untilWell, writesAbout } from '../../harness/kube-fault-run.ts';
import { shippedPlaybook } from '../../harness/kube-fault-scene.ts';
import { startKubePrometheus } from '../../harness/kube-scene-prometheus.ts';
import { prepareFaults } from './fault-batch.ts';
import { backend, callsBackend, madeAnew, plain, serve, web } from './fault-objects.ts';
import type { Fault } from './faults.ts';

const none = { alerts: [], targets: ['deployment/web'], allowed: () => [] };
const helm = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' },
};
const byHelm = (namespace: string, image: string) => {
  const { labels, annotations } = helm;
  const made = web(namespace, { image });
  return { ...made, metadata: { ...made.metadata, labels: { app: 'web', ...labels }, annotations } };
};

/** What somebody does on purpose, or is none of ours. */
const intents: readonly Fault[] = [
  {
    name: 'slow-roll-out',
    objects: plain,
    inject: ({ cluster, namespace }) =>
      cluster.apply(web(namespace, { image: images.v2, command: `sleep 45; ${serve}` })),
    ...none,
  },
  {
    name: 'maintenance',
    objects: plain,
    inject: async ({ cluster, namespace }) => {
      const annotations = { 'paramedic.dev/maintenance': 'true' };
      await cluster.patch(
        'deployments.apps',
        { namespace, name: 'web' },
        { metadata: { annotations }, spec: { replicas: 0 } },
      );
    },
    ...none,
  },
  {
    name: 'helm-upgrade',
    objects: (namespace) => [byHelm(namespace, images.v1)],
    inject: ({ cluster, namespace }) => cluster.apply(byHelm(namespace, images.bad), 'helm'),
    ...none,
  },
  // It was deployed so lately that it would be a suspect, and is ill only because of what it calls, which nobody mends.
  {
    name: 'victim',
    apps: ['web', 'backend'],
    objects: (namespace) => [
      service({ namespace, name: 'backend' }),
      backend(namespace, serve),
      ...callsBackend(namespace, 'web'),
    ],
    earlier: {
      pauseMs: 0,
      act: async ({ cluster, namespace }) => {
        const podsOf = async () =>
          (await cluster.list('pods', namespace, 'app=web')).map(({ metadata }) => metadata.name);
        const [before] = await podsOf();
        for (const one of callsBackend(namespace, 'web', { COLOUR: 'blue' })) await cluster.apply(one);
        await cluster.waitFor('the roll-out', async () => {
          const [pod, ...more] = await podsOf();
          return pod !== before && more.length === 0;
        });
      },
    },
    inject: async ({ cluster, namespace }) => {
      await madeAnew({ cluster, namespace }, backend(namespace, 'exit 7'));
      await cluster.waitFor('web to be ill as well', async () => {
        const [pod, ...more] = await cluster.list('pods', namespace, 'app=web');
        const ready = pod?.status?.conditions?.find(({ type }) => type === 'Ready');
        // A pod that is not ready for a moment is none that is ill.
        const lostMs = Date.now() - Date.parse(ready?.lastTransitionTime ?? '');
        return more.length === 0 && ready?.status === 'False' && lostMs > 21_000;
      });
    },
    ...none,
  },
  // There is nothing of it before.
  { name: 'never-healthy', apps: [], objects: () => [], inject: neverHealthy, ...none },
];

function neverHealthy({ cluster, namespace }: Pick<FaultPlace, 'cluster' | 'namespace'>): Promise<unknown> {
  return cluster.apply(deployment({ namespace, name: 'web', command: 'exit 7', container: { readinessProbe: probe } }));
}

/** What its recovery ended with, or its decision, where that is where it says why. */
const why: Readonly<Record<string, RegExp>> = {
  'slow-roll-out': /it is not ill, and what is under way may still come to a good end/,
  maintenance: /under maintenance/,
  'helm-upgrade': /it belongs to Helm \(release shop\): roll the release back/,
  victim: /deployment\/backend, which it depends on, is not well \(none of its 1 pods is ready\)/,
  'never-healthy': /never seen healthy/,
};

const verify = { within: '1m', stable: '5s' };

let batch: Awaited<ReturnType<typeof prepareFaults>> | undefined;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const { steps } = await shippedPlaybook('kubernetes-fast', verify);
  const match = ['alertname="Always"'];
  const playbooks = [{ name: 'always', match, steps }];
  const { scene, place, stop } = (batch = await prepareFaults(intents, { config: { playbooks } }));
  closers.push(stop);
  for (const { name, earlier } of intents) {
    if (earlier === undefined) continue;
    await earlier.act(place(name));
    await untilWell(place(name));
    // As it is now it was seen healthy for long enough.
    await scene.remembered([`${place(name).namespace}/deployment/web`]);
  }
  for (const intent of intents) await intent.inject(place(intent.name));
  // That no alert comes would be no proof that nothing is done about one.
  const rule = ({ name }: Fault) => ({
    alert: 'Always',
    expr: 'vector(1)',
    labels: { namespace: place(name).namespace, deployment: 'web', severity: 'critical' },
  });
  const groups = [{ name: 'always', interval: '5s', rules: intents.map(rule) }];
  const prometheus = await startKubePrometheus({
    dialect: 'helm',
    stateMetricsPort: scene.stateMetrics.port,
    rules: [stringify({ groups })],
    alertmanager: scene.alertmanager.url,
  });
  closers.push(() => prometheus.stop());
});
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe('what is somebody’s intent, or was never well, is not touched though its alert fires, and it is said why', () => {
  it.each(intents.map(({ name }) => name))('%s', async (name) => {
    if (batch === undefined) throw new Error('the scene did not start');
    const { scene, place } = batch;
    const { namespace } = place(name);
    await scene.fired('Always', ({ labels }) => labels['namespace'] === namespace);
    await untilEnded(scene, namespace, ['deployment/web'], { orHeld: true });
    const said = scene.told(namespace).map(({ event, msg }) => `${String(event)}: ${String(msg)}`);
    expect(said.join('\n')).toMatch(why[name] ?? /^$/);
    expect(await writesAbout(scene, namespace)).toEqual([]);
  });
});
