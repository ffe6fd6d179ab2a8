import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestCluster, testCluster } from '../../harness/cluster.ts';
import { type FastScene, startFastScene } from '../../harness/kube-fast-scene.ts';
import type { DeliveredAlert } from '../../harness/recording-webhook.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import { type FastFault, fastFaults, type FastPlaces, hookOn, makeFastApps } from './fast-faults.ts';
import { createTriage } from './triage-only.ts';

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let cluster: TestCluster;
let places: FastPlaces;
let scene: FastScene;
beforeAll(async () => {
  cluster = await testCluster();
  closers.push(() => cluster.close());
  const [shop, narrow, hooked] = [
    await cluster.namespace('shop'),
    await cluster.namespace('narrow'),
    await cluster.namespace('hooked'),
  ];
  places = { shop, narrow, hooked };
  const { name } = hookOn(hooked).metadata;
  closers.push(() => cluster.remove('validatingwebhookconfigurations.admissionregistration.k8s.io', { name }));
  await makeFastApps(cluster, places);
  const services = fastFaults.map((fault) => ({ namespace: placeOf(fault), name: fault.name }));
  scene = await startFastScene({ cluster, namespaces: Object.values(places), services });
  closers.push(() => scene.stop());
  // A rule compares with what was: all of it has to be seen well before anything is broken.
  for (const metric of ['paramedic:service_endpoint:ready', 'probe_success', 'paramedic:pod_start:seconds']) {
    await cluster.waitFor(`${metric} of all applications`, async () => {
      const series = await scene.prometheus.series(`${metric}{namespace=~"${Object.values(places).join('|')}"}`);
      return series.filter(({ value }) => metric.endsWith('seconds') || value === 1).length >= fastFaults.length;
    });
  }
});

const placeOf = ({ place = 'shop' }: FastFault): string => places[place];
const isAbout = (fault: FastFault, { labels }: Pick<DeliveredAlert, 'labels'>): boolean =>
  labels['namespace'] === placeOf(fault) && (labels['deployment'] ?? labels['service']) === fault.name;
const toAlert = ({ fingerprint, labels, startsAt }: DeliveredAlert): Alert => ({
  fingerprint,
  alertname: labels['alertname'] ?? '',
  status: 'firing',
  labels,
  annotations: {},
  startsAt: Date.parse(startsAt),
});
const firing = (): readonly DeliveredAlert[] =>
  scene.deliveries.flatMap(({ at, body }) =>
    body.alerts.filter(({ status }) => status === 'firing').map((alert) => ({ ...alert, deliveredAt: at })),
  );

describe('the fast rules, on a cluster where much is broken at once', () => {
  it('find each fault by one alert, which leads to the right object, and say nothing of a roll-out', async () => {
    const began = new Map<string, number>();
    const found = new Map<string, DeliveredAlert>();
    await Promise.all(
      fastFaults.map(async (fault) => {
        began.set(fault.name, Date.now());
        await fault.inject(cluster, placeOf(fault));
        const { alert } = fault;
        if (alert === undefined) return;
        const came = await within(
          scene.fired(alert, (one) => isAbout(fault, one)),
          `${alert} about ${fault.name}`,
        );
        found.set(fault.name, came);
      }),
    );
    await cluster.waitFor('what is rolled out to be well', async () => {
      const all = await cluster.list('deployments.apps', places.shop);
      return all
        .filter(({ metadata }) => ['slow', 'twice', 'alone'].includes(metadata.name))
        .every(({ status }) => status?.updatedReplicas === 1 && status.availableReplicas === 1);
    });
    // What waits longest waits for 30 s: by then everything that comes has come.
    await sleep(45_000);

    console.table(
      Object.fromEntries(
        [...found].map(([name, { labels, deliveredAt }]) => [
          name,
          { alert: labels['alertname'], seconds: (deliveredAt - (began.get(name) ?? 0)) / 1000 },
        ]),
      ),
    );
    const said = fastFaults.map((fault) => [
      fault.name,
      [
        ...new Set(
          firing()
            .filter((one) => isAbout(fault, one))
            .map(({ labels }) => labels['alertname']),
        ),
      ],
    ]);
    expect(said).toEqual(fastFaults.map(({ name, alert }) => [name, alert === undefined ? [] : [alert]]));
    expect(firing().filter((one) => !fastFaults.some((fault) => isAbout(fault, one)))).toEqual([]);

    const decide = await createTriage(cluster.kubeconfig);
    const decided = await decide([...found.values()].map(toAlert));
    const answers = [...found.keys()].map((name, index) => [name, decided[index]?.target ?? decided[index]?.reason]);
    const right = fastFaults
      .filter(({ alert }) => alert !== undefined)
      .map((fault) => {
        const { name, alert, kind = 'deployment' } = fault;
        const gone = `there is no service "${placeOf(fault)}/${name}" in cluster prod`;
        return [name, alert === 'ServiceGone' ? gone : `kubernetes/prod/${placeOf(fault)}/${kind}/${name}`];
      });
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(right));
  });
});

/** Rejects, naming it, when it has not come after three minutes. */
async function within<T>(coming: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const tooLate = sleep(180_000, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what} did not come`);
  });
  try {
    return await Promise.race([coming, tooLate]);
  } finally {
    late.abort();
    tooLate.catch(() => undefined);
  }
}
