import { describe, expect, it, type TestContext } from 'vitest';
import type { KubeProxy } from '../../harness/kube-proxy.ts';
import { deployment } from '../../harness/kube-objects.ts';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { type KubeScene, startKubeScene } from '../../harness/kube-scene.ts';
import type { LogLine } from '../../harness/paramedic.ts';
import { throughProxy } from './act-identity.ts';
import { hangPod, readyPods } from './hung-pod.ts';
import { inTurn, outcomeOf, slowStart } from './playbook-scene.ts';

type Verify = { readonly within: string; readonly stable: string; readonly watch?: string };
const step = (verb: string, verify: Verify) => ({ [verb]: {}, verify });

/** A stack as kube-prometheus installs it, and one playbook; Paramedic may do what deploy/rbac/act.yaml says. */
async function scene(
  alerts: readonly string[],
  steps: readonly unknown[],
  finished: TestContext['onTestFinished'],
): Promise<KubeScene & { readonly proxy: KubeProxy }> {
  let proxy: KubeProxy | undefined;
  const rules = await kubePrometheusRules();
  const made = await inTurn(() =>
    startKubeScene({
      rules,
      ruleOptions: { alerts },
      config: () => ({ playbooks: [{ name: 'pods', match: [`alertname=~"${alerts.join('|')}"`], steps }] }),
      identity: async (cluster, namespace) => {
        const through = await throughProxy(cluster, namespace);
        finished(() => through.stop());
        proxy = through;
        return through;
      },
    }),
  );
  finished(() => made.stop());
  if (proxy === undefined) throw new Error('the scene asked for no identity');
  return { ...made, proxy };
}

/** `recovered: …`, with the reason. While a pod may still be starting, an attempt ends otherwise and is followed by another. */
async function ended({ paramedic, namespace }: KubeScene): Promise<string> {
  const target = `kubernetes/prod/${namespace}/deployment/web`;
  const isEnd = (line: LogLine) =>
    line['event'] === 'ended' && line['target'] === target && !slowStart.includes(String(line['result']));
  return outcomeOf(await paramedic.waitForLog(isEnd, 150_000));
}
const writes = async (of: KubeScene) =>
  (await of.cluster.auditedWrites({ namespace: of.namespace, taken: true })).map(
    ({ verb, resource, name }) => `${verb} ${resource} ${name}`,
  );

describe.concurrent('behind a real alert with the labels of kube-prometheus', () => {
  it('a hung pod is evicted, its sibling is left alone, and the Deployment is well', async ({ onTestFinished }) => {
    const of = await scene(
      ['KubeDeploymentReplicasMismatch'],
      [step('delete-pod', { within: '60s', stable: '5s' })],
      onTestFinished,
    );
    const { hung, well } = await hangPod(of.cluster, of.namespace, 2);
    expect(await ended(of)).toMatch(/^recovered: /);
    expect(await writes(of)).toEqual([`create pods/eviction ${hung}`]);
    const ready = (await readyPods(of.cluster, of.namespace)).map(({ name }) => name);
    expect(ready).toHaveLength(2);
    expect(ready).toEqual(expect.arrayContaining([...well]));
    expect(ready).not.toContain(hung);
  });

  it('it is not-recovered when the API takes the eviction and does nothing', async ({ onTestFinished }) => {
    const of = await scene(
      ['KubeDeploymentReplicasMismatch'],
      [step('delete-pod', { within: '8s', stable: '2s' })],
      onTestFinished,
    );
    of.proxy.swallow();
    const { hung } = await hangPod(of.cluster, of.namespace, 2);
    expect(await ended(of)).toMatch(/^not-recovered: /);
    expect(of.proxy.mutating().map(({ path }) => path)).toEqual([
      `/api/v1/namespaces/${of.namespace}/pods/${hung}/eviction`,
    ]);
    expect(await writes(of)).toEqual([]);
  });

  it('a Deployment that crashes whatever is done is restarted once, and ends not-recovered with the reason', async ({
    onTestFinished,
  }) => {
    // The waiting reason CrashLoopBackOff shows only now and then; the missing replica shows all the time.
    const alerts = ['KubePodCrashLooping', 'KubeDeploymentReplicasMismatch'];
    const of = await scene(alerts, [step('restart', { within: '30s', stable: '5s' })], onTestFinished);
    const { cluster, namespace } = of;
    await cluster.apply(deployment({ namespace, name: 'web', command: 'sleep 1; exit 7' }));
    expect(await ended(of)).toMatch(/^not-recovered: .*crash-looping \(exit code 7\)/);
    expect(await writes(of)).toEqual(['patch deployments.apps web']);
  });
});
