import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TestCluster, testCluster } from '../../harness/cluster.ts';
import type { Identity } from '../../harness/cluster-identity.ts';
import { barePod, deployment, images, job } from '../../harness/kube-objects.ts';
import { startRecordingWebhook } from '../../harness/recording-webhook.ts';
import { type KubeMonitoring, startKubeMonitoring } from '../../harness/kube-scene.ts';
import { rbacRules } from './act-identity.ts';
import { breakNodes, type BrokenNodes } from './broken-nodes.ts';
import { allRules, firingIn } from './four-dialects.ts';

const main = process.env['PARAMEDIC_MAIN'] ?? fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let cluster: TestCluster;
let shop: string;
let nodes: BrokenNodes;
let newcomer: Identity;
let monitoring: KubeMonitoring;
beforeAll(async () => {
  cluster = await testCluster();
  closers.push(() => cluster.close());
  shop = await cluster.namespace('shop');
  newcomer = await cluster.serviceAccount(shop, await rbacRules('observe'));
  nodes = await breakNodes(cluster, shop);
  closers.push(() => nodes.stop());
  await breakShop();
  const receiver = await startRecordingWebhook();
  closers.push(() => receiver.stop());
  const { kubeconfig } = cluster;
  const webhookUrl = receiver.url;
  const rules = await allRules();
  // Nobody scrapes the API server here, and while it is missing everything is held.
  const alerts = rules
    .flatMap((text) => [...text.matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? ''))
    .filter((name) => name !== 'KubeAPIDown');
  const ruleOptions = { alerts };
  const options = { kubeconfig, dialect: 'helm', rules, ruleOptions, webhookUrl, namespaces: [shop] } as const;
  monitoring = await startKubeMonitoring(options);
  closers.push(() => monitoring.stop());
});

/** A roll-out of a bad image, with and without Argo CD; and what is not as simple. */
async function breakShop(): Promise<void> {
  // Where most of a small cluster is in trouble, that is what holds everything.
  const idle = Array.from({ length: 30 }, (_, n) => deployment({ namespace: shop, name: `idle-${n}`, replicas: 0 }));
  await Promise.all(idle.map((one) => cluster.apply(one)));
  const argo = { 'argocd.argoproj.io/tracking-id': `shop:apps/Deployment:${shop}/gitops` };
  const apps = [{ name: 'checkout' }, { name: 'gitops', annotations: argo }];
  for (const app of apps) await cluster.apply(deployment({ namespace: shop, ...app }));
  // One that is tried again by itself may be run again by us.
  await cluster.apply(job({ namespace: shop, name: 'import', command: 'exit 3', spec: { backoffLimit: 1 } }));
  await cluster.apply(barePod({ namespace: shop, name: 'lonely', image: images.bad }));
  await cluster.apply(deployment({ namespace: shop, name: 'kube-state-metrics', image: images.bad }));
  await cluster.waitFor('the good versions', async () => {
    const all = await cluster.list('deployments.apps', shop);
    return all.filter(({ status }) => status?.availableReplicas === 1).length === 2;
  });
  for (const app of apps) {
    await cluster.apply(
      deployment({ namespace: shop, ...app, image: images.bad, spec: { progressDeadlineSeconds: 5 } }),
    );
  }
}

/** In a place where there is nothing but a kubeconfig. */
async function explain(
  ...args: readonly string[]
): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> {
  const home = await mkdtemp(join(tmpdir(), 'paramedic-newcomer-'));
  closers.push(() => rm(home, { recursive: true }));
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: newcomer.kubeconfig };
  const command = [main, 'explain', '--alertmanager', monitoring.alertmanager.url, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env, cwd: home, maxBuffer: 2 ** 26 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, out, err }),
    );
  });
}

const answer = z.object({
  decisions: z.array(
    z.object({
      fingerprint: z.string(),
      alertname: z.string(),
      decision: z.enum(['recover', 'none']),
      reason: z.string().min(1),
      target: z.string().nullable(),
      steps: z.array(z.object({ action: z.string(), plan: z.object({ summary: z.string() }).optional() })),
    }),
  ),
});

/** The lines of the block in which an alert is explained: without its head, and what is random replaced. */
function blockOf(out: string, alertname: string, about: string): readonly string[] {
  const blocks = out.split('\n\n').filter((text) => text.includes(`${alertname} (`) && text.includes(about));
  expect(blocks).toHaveLength(1);
  return (blocks[0] ?? '')
    .replaceAll(shop, 'shop')
    .replaceAll(nodes.silent, 'silent')
    .split('\n')
    .filter((line) => line.startsWith('  '));
}

describe('explain, for a newcomer who may only read', () => {
  it('names for each firing alert the victim, the plan and what would hold it, and tries no write', async () => {
    const wanted = [
      ['KubeDeploymentRolloutStuck', 'deployment', 'checkout'],
      ['KubeDeploymentRolloutStuck', 'deployment', 'gitops'],
      ['KubeDeploymentReplicasMismatch', 'deployment', 'kube-state-metrics'],
      ['KubeJobFailed', 'job_name', 'import'],
      ['KubePodNotReady', 'pod', 'lonely'],
      ['KubeNodeUnreachable', 'node', nodes.silent],
      ['Watchdog', 'severity', 'none'],
    ] as const;
    await cluster.waitFor('the alerts', async () => {
      const firing = await firingIn(monitoring);
      return wanted.every(([name, label, value]) =>
        firing.some(({ alertname, labels }) => alertname === name && labels[label] === value),
      );
    });
    const before = await firingIn(monitoring);
    const [text, json] = await Promise.all([explain(), explain('--json')]);
    expect([text.code, text.err, json.code, json.err]).toEqual([0, '', 0, '']);

    const { decisions } = answer.parse(JSON.parse(json.out));
    const still = new Set((await firingIn(monitoring)).map(({ fingerprint }) => fingerprint));
    const asked = before.map(({ fingerprint }) => fingerprint).filter((one) => still.has(one));
    const decided = decisions.map(({ fingerprint }) => fingerprint);
    expect(asked.filter((one) => !decided.includes(one))).toEqual([]);
    expect(asked.filter((one) => !text.out.includes(`(${one})`))).toEqual([]);
    expect(decisions.filter(({ reason }) => /^failed|no Alertmanager|our own mistake/.test(reason))).toEqual([]);

    const byMode = '  held by   mode: observe, until the configuration says `mode: act`';
    expect(blockOf(text.out, 'KubeDeploymentRolloutStuck', '/deployment/checkout').slice(0, 5)).toEqual([
      '  target    kubernetes/local/shop/deployment/checkout',
      '  playbook  kubernetes-workload',
      '  decision  recover, if the mode were act',
      `  plan      roll deployment shop/checkout back to revision 1 (image ${images.v1}), from revision 2 (image ${images.bad})`,
      byMode,
    ]);
    expect(blockOf(text.out, 'KubeDeploymentRolloutStuck', '/deployment/gitops').slice(0, 5)).toEqual([
      '  target    kubernetes/local/shop/deployment/gitops',
      '  playbook  kubernetes-workload',
      '  decision  nothing: no step of the playbook can help',
      expect.stringMatching(/^ {2}state {5}\S/),
      '  not       deployment shop/gitops belongs to Argo CD (application shop), which would put its pod template back: revert the commit in Git that application shop is synced from',
    ]);
    expect(blockOf(text.out, 'KubeJobFailed', '/job/import')).toEqual([
      '  target    kubernetes/local/shop/job/import',
      '  playbook  kubernetes-job',
      '  decision  recover, if the mode were act',
      expect.stringMatching(/^ {2}plan {6}rerun-job job shop\/import \(failed, BackoffLimitExceeded: /),
      byMode,
    ]);
    expect(blockOf(text.out, 'KubePodNotReady', '/pod/lonely')).toEqual([
      '  target    kubernetes/local/shop/pod/lonely',
      '  playbook  kubernetes-workload',
      '  decision  nothing: no step of the playbook can help',
      expect.stringMatching(/^ {2}state {5}\S/),
      '  not       rollback is no action on a pod',
      '  not       redeploy is no action on a pod',
      '  not       pod shop/lonely is not deleted: nothing would make it again, once deleted it is gone',
      '  not       restart is no action on a pod',
      '  mode      observe: it is a bare pod: deleting it is for ever; a human has to do it',
    ]);
    expect(blockOf(text.out, 'KubeNodeUnreachable', nodes.silent)).toEqual([
      '  target    kubernetes/local/node/silent',
      '  playbook  kubernetes-node',
      '  decision  nothing: no step of the playbook can help',
      expect.stringMatching(/^ {2}state {5}its kubelet is silent/),
      expect.stringMatching(/^ {2}not {7}.*paramedic-jobs\/node .*; wrong with node silent: its kubelet is silent/),
    ]);
    expect(blockOf(text.out, 'KubeDeploymentReplicasMismatch', 'kube-state-metrics')).toEqual([
      '  playbook  kubernetes-workload',
      '  decision  nothing: deployment "shop/kube-state-metrics" is never acted on: kube-state-metrics is part of the monitoring',
    ]);
    expect(blockOf(text.out, 'Watchdog', 'Watchdog')).toEqual([
      '  decision  nothing: it is a heartbeat: it fires while all is well',
    ]);
    expect(text.out.trimEnd().split('\n').at(-1)).toMatch(/^\d+ alerts: .+ Nothing was changed\.$/);
  });

  it('may not read Secrets, and wrote nothing', async () => {
    expect(await newcomer.mayI('get', 'secrets')).toBe(false);
    expect(await newcomer.mayI('list', 'secrets')).toBe(false);
    expect(await newcomer.mayI('get', 'pods')).toBe(true);
    expect(await cluster.auditedWrites({ user: newcomer.user })).toEqual([]);
  });
});
