import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { rbacFiles } from '../../src/cli/rbac.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import { storm } from '../../src/guardrails/storm/storm.ts';
import { knownWorkloads } from '../../src/road/known-workloads.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { guardrailInput } from '../fakes/guardrail-input.ts';
import { createTestRoad } from '../fakes/road.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import type { Rule } from '../harness/cluster-identity.ts';
import { daemonSet, deployment, statefulSet } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
beforeAll(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('storm-rights');
  for (const name of ['a', 'b', 'c']) await cluster.apply(deployment({ namespace, name, replicas: 0 }));
  await cluster.apply(statefulSet({ namespace, name: 'd', replicas: 0 }));
  await cluster.apply(daemonSet({ namespace, name: 'e', pod: { nodeSelector: { nobody: 'has-it' } } }));
});
afterAll(() => cluster.close());

/** With the rights of that file, in one namespace where it is for one. */
async function rights(file: 'act.yaml' | 'namespace.yaml') {
  const [role] = parseAllDocuments(rbacFiles()[file] ?? '').map((one) => one.toJS() as { rules: Rule[] });
  const only = file === 'namespace.yaml' ? namespace : undefined;
  const { kubeconfig } = await cluster.serviceAccount(namespace, role?.rules ?? [], only);
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  onTestFinished(() => client.close());
  const { road, clients } = createTestRoad(createMemoryStore());
  clients.kubernetes = new Map([['prod', client]]);
  const target = { kind: 'deployment', key: `kubernetes/prod/${namespace}/deployment/a` };
  const known = () => knownWorkloads('kubernetes', target.key, road, new AbortController().signal);
  /** What is said of so many that fail at once, where any share is too much. */
  const judged = (count: number, now = Date.now()) =>
    storm.check(
      guardrailInput({
        params: { share: '0%', ...(only === undefined && { nodes: 99 }) },
        target,
        kind: { platform: 'kubernetes' },
        clients,
        known,
        now,
        firing: async () =>
          Array.from({ length: count }, (_, n) => ({
            labels: {},
            startsAt: now - 1_000,
            names: { kind: 'deployment', phrase: `w${n}`, place: 'kubernetes/prod' },
          })),
      }),
    );
  return { client, known, judged };
}

it('with deploy/rbac/act.yaml workloads are counted, and a share of them holds', async () => {
  const { client, known, judged } = await rights('act.yaml');
  expect(await client.count('deployments.apps', namespace)).toBe(3);
  expect(await client.count('daemonsets.apps', namespace)).toBe(1);
  const all = await known();
  expect(all).toBeGreaterThanOrEqual(5);
  expect((await judged(3)).reason).toMatch(/3 workloads are in trouble within 5m of \d+, more than 0%/);
});

it('with deploy/rbac/namespace.yaml nobody may count them: a few are let through, many are held', async () => {
  const { known, judged } = await rights('namespace.yaml');
  expect(await known()).toBeUndefined();
  expect(await judged(5)).toMatchObject({ ok: true, reason: expect.stringContaining('they may not be listed') });
  expect(await judged(6)).toMatchObject({ ok: false, page: true });
});
