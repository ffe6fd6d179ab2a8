import { readFile } from 'node:fs/promises';
import type { TestCluster } from '../../harness/cluster.ts';
import { type Dialect, dialects } from '../../harness/kube-scene-dialects.ts';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { startRecordingWebhook } from '../../harness/recording-webhook.ts';
import { type KubeMonitoring, startKubeMonitoring } from '../../harness/kube-scene.ts';
import { startStateMetrics } from '../../harness/state-metrics.ts';
import type { Alert } from '../../../src/domain/alert.ts';

/** Rules in the manner of kube-prometheus: those that are published, and those about what only a kubelet measures. */
export async function allRules(): Promise<readonly string[]> {
  const kubelet = new URL('../../testdata/kube-prometheus/kubelet.yml', import.meta.url);
  return [...(await kubePrometheusRules()), await readFile(kubelet, 'utf8')];
}

export interface FourDialects {
  readonly dialects: ReadonlyMap<Dialect, KubeMonitoring>;
  stop(): Promise<void>;
}

/** One cluster, watched by four installs of the same stack that differ in how they scrape. */
export async function startFourDialects(
  { kubeconfig }: TestCluster,
  namespaces: readonly string[],
): Promise<FourDialects> {
  const owned: { stop(): Promise<void> }[] = [];
  const own = <T extends { stop(): Promise<void> }>(one: T): T => {
    owned.push(one);
    return one;
  };
  const stop = async () => {
    for (const one of owned.splice(0).toReversed()) await one.stop();
  };
  try {
    const stateMetrics = own(await startStateMetrics(kubeconfig));
    const webhookUrl = own(await startRecordingWebhook()).url;
    const rules = await allRules();
    // Three changes of a node that comes and goes have to fit into what a rule looks back over.
    const ruleOptions = { window: '30s' };
    const started = await Promise.all(
      dialects.map(async (dialect) => {
        const options = { kubeconfig, dialect, rules, ruleOptions, webhookUrl, namespaces, stateMetrics };
        return [dialect, own(await startKubeMonitoring(options))] as const;
      }),
    );
    return { dialects: new Map(started), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What an Alertmanager lists as firing now. */
export async function firingIn({ alertmanager }: KubeMonitoring): Promise<readonly Alert[]> {
  return (await alertmanager.list())
    .filter(({ status }) => status.state === 'active')
    .map(({ labels, fingerprint, startsAt }) => ({
      fingerprint,
      labels,
      alertname: labels['alertname'] ?? '',
      status: 'firing',
      annotations: {},
      startsAt: Date.parse(startsAt),
    }));
}
