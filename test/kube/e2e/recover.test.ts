import { afterEach, describe, expect, it } from 'vitest';
import type { KubeProxy } from '../../harness/kube-proxy.ts';
import { deployment } from '../../harness/kube-objects.ts';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { type KubeScene, startKubeScene } from '../../harness/kube-scene.ts';
import { throughProxy } from './act-identity.ts';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.stop();
});

type Verify = { readonly within: string; readonly stable: string; readonly watch?: string };
const step = (verb: string, verify: Verify) => ({ [verb]: {}, verify });

/** A stack as kube-prometheus installs it, and one playbook; Paramedic may do what deploy/rbac/act.yaml says. */
async function scene(
  alerts: readonly string[],
  steps: readonly unknown[],
): Promise<KubeScene & { readonly proxy: KubeProxy }> {
  let proxy: KubeProxy | undefined;
  const made = await startKubeScene({
    rules: await kubePrometheusRules(),
    ruleOptions: { alerts },
    config: () => ({ playbooks: [{ name: 'pods', match: [`alertname=~"${alerts.join('|')}"`], steps }] }),
    identity: async (cluster, namespace) => {
      const through = await throughProxy(cluster, namespace);
      open.push(through);
      proxy = through;
      return through;
    },
  });
  open.push(made);
  if (proxy === undefined) throw new Error('the scene asked for no identity');
  return { ...made, proxy };
}

/** Serves until somebody asks for /cgi-bin/hang: from then on its readiness probe fails, and nothing else. */
const hangable = [
  'mkdir -p /tmp/www/cgi-bin; echo well >/tmp/www/index.html',
  "printf '#!/bin/sh\\nrm /tmp/www/index.html; echo; echo hung\\n' >/tmp/www/cgi-bin/hang; chmod +x /tmp/www/cgi-bin/hang",
  'exec httpd -f -p 8080 -h /tmp/www',
].join('; ');
const readinessProbe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };

interface PodStatus {
  readonly podIP?: string;
  readonly conditions?: readonly Readonly<Record<'type' | 'status' | 'lastTransitionTime', string>>[];
}
async function readyPods({ cluster, namespace }: KubeScene, app: string) {
  const pods = await cluster.list('pods', namespace, `app=${app}`);
  return pods.flatMap(({ metadata, status }) => {
    // The harness reads any object; of a pod we know what it tells.
    const { podIP = '', conditions = [] } = (status ?? {}) as PodStatus;
    const ready = conditions.find((one) => one.type === 'Ready' && one.status === 'True');
    return ready === undefined ? [] : [{ name: metadata.name, podIP, since: Date.parse(ready.lastTransitionTime) }];
  });
}

async function hungPod(of: KubeScene): Promise<{ readonly hung: string; readonly well: string }> {
  const { cluster, namespace } = of;
  await cluster.apply(
    deployment({ namespace, name: 'web', replicas: 2, command: hangable, container: { readinessProbe } }),
  );
  // Ready for some time: one that was never ready is starting, not hung.
  const [one, other] = await cluster.waitFor('two pods that have been ready for 5 s', async () => {
    const ready = await readyPods(of, 'web');
    return ready.length === 2 && ready.every(({ since }) => Date.now() - since > 5_000) && ready;
  });
  if (one === undefined || other === undefined) throw new Error('there are no two pods');
  expect((await fetch(`http://${one.podIP}:8080/cgi-bin/hang`)).status).toBe(200);
  return { hung: one.name, well: other.name };
}

/** `recovered: …`, with the reason. While a pod may still be starting, an attempt ends `blocked` and is followed by another. */
async function ended(of: KubeScene, name: string): Promise<string> {
  const isEnd = (line: Readonly<Record<string, unknown>>) =>
    line['event'] === 'ended' &&
    line['result'] !== 'blocked' &&
    line['target'] === `kubernetes/prod/${of.namespace}/deployment/${name}`;
  const { result, reason } = await of.paramedic.waitForLog(isEnd, 150_000);
  return `${String(result)}: ${String(reason)}`;
}
const writes = async (of: KubeScene) =>
  (await of.cluster.auditedWrites({ namespace: of.namespace, taken: true })).map(
    ({ verb, resource, name }) => `${verb} ${resource} ${name}`,
  );

describe('behind a real alert with the labels of kube-prometheus', () => {
  it('a hung pod is evicted, its sibling is left alone, and the Deployment is well', async () => {
    const of = await scene(['KubeDeploymentReplicasMismatch'], [step('delete-pod', { within: '60s', stable: '5s' })]);
    const { hung, well } = await hungPod(of);
    expect(await ended(of, 'web')).toMatch(/^recovered: /);
    expect(await writes(of)).toEqual([`create pods/eviction ${hung}`]);
    const ready = (await readyPods(of, 'web')).map(({ name }) => name);
    expect(ready).toHaveLength(2);
    expect(ready).toContain(well);
    expect(ready).not.toContain(hung);
  });

  it('it is not-recovered when the API takes the eviction and does nothing', async () => {
    const of = await scene(['KubeDeploymentReplicasMismatch'], [step('delete-pod', { within: '8s', stable: '2s' })]);
    of.proxy.swallow();
    const { hung } = await hungPod(of);
    expect(await ended(of, 'web')).toMatch(/^not-recovered: /);
    expect(of.proxy.mutating().map(({ path }) => path)).toEqual([
      `/api/v1/namespaces/${of.namespace}/pods/${hung}/eviction`,
    ]);
    expect(await writes(of)).toEqual([]);
  });

  it('a Deployment that crashes whatever is done is restarted once, and ends not-recovered with the reason', async () => {
    // The waiting reason CrashLoopBackOff shows only now and then; the missing replica shows all the time.
    const alerts = ['KubePodCrashLooping', 'KubeDeploymentReplicasMismatch'];
    const of = await scene(alerts, [step('restart', { within: '30s', stable: '5s' })]);
    const { cluster, namespace } = of;
    await cluster.apply(deployment({ namespace, name: 'web', command: 'sleep 1; exit 7' }));
    expect(await ended(of, 'web')).toMatch(/^not-recovered: .*crash-looping \(exit code 7\)/);
    expect(await writes(of)).toEqual(['patch deployments.apps web']);
  });
});
