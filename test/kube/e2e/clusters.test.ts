import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { testCluster } from '../../harness/cluster.ts';
import { startParamedic } from '../../harness/paramedic.ts';
import { freePort } from '../../harness/process.ts';
import { startRedis } from '../../harness/redis.ts';
import { webhookPayload } from '../../harness/webhook-payload.ts';
import { rbacRules } from './act-identity.ts';
import { hungPod } from './hung-pod.ts';
import { outcomeOf } from './playbook-scene.ts';

/** A kubeconfig whose server is a port that nobody listens on. */
async function nobody(): Promise<{ readonly server: string; readonly kubeconfig: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-nobody-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const server = `https://127.0.0.1:${await freePort()}`;
  const kubeconfig = join(dir, 'kubeconfig');
  const named = { name: 'far', context: { cluster: 'far', user: 'far' } };
  const config = { apiVersion: 'v1', kind: 'Config', 'current-context': 'far', contexts: [named] };
  const parts = { clusters: [{ name: 'far', cluster: { server } }], users: [{ name: 'far', user: { token: 'x' } }] };
  await writeFile(kubeconfig, stringify({ ...config, ...parts }));
  return { server, kubeconfig };
}

it('of two clusters one can not be reached: its alerts are put off, and those of the other one are answered', async () => {
  const cluster = await testCluster();
  onTestFinished(() => cluster.close());
  const namespace = await cluster.namespace('clusters');
  const { kubeconfig, user } = await cluster.serviceAccount(namespace, await rbacRules('act'));
  const far = await nobody();
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const steps = [{ 'delete-pod': {}, verify: { within: '60s', stable: '3s' } }];
  const paramedic = await startParamedic({
    config: stringify({
      mode: 'act',
      redis: { url: redis.url },
      docker: [],
      kubernetes: [
        { name: 'far', kubeconfig: far.kubeconfig, default: true },
        { name: 'near', kubeconfig },
      ],
      playbooks: [{ name: 'hung', match: ['alertname="KubeDeploymentReplicasMismatch"'], steps }],
    }),
  });
  onTestFinished(() => paramedic.stop());

  const name = await hungPod(cluster, namespace);
  const labels = { alertname: 'KubeDeploymentReplicasMismatch', namespace, deployment: 'web' };
  const alerts = ['far', 'near'].map((where) => ({ labels: { ...labels, cluster: where } }));
  const posted = await fetch(`${paramedic.url}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${paramedic.token}` },
    body: webhookPayload(alerts),
  });
  expect(posted.status).toBe(202);
  const { reason } = await paramedic.waitForLog((line) => line['event'] === 'postponed');
  expect(reason).toMatch(`kubernetes far at ${far.server} can not be reached (get deployments.apps ${namespace}/web)`);
  expect(outcomeOf(await paramedic.waitForLog((line) => line['event'] === 'ended', 90_000))).toMatch(/^recovered: /);
  const web = await cluster.get('deployments.apps', { namespace, name: 'web' });
  expect(web?.status?.availableReplicas).toBe(1);
  expect((await cluster.auditedWrites({ user })).map(({ resource, name: of }) => `${resource} ${of}`)).toEqual([
    `pods/eviction ${name}`,
  ]);
});
