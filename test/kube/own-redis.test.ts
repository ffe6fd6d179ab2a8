import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { drainNode } from '../../src/actions/drain/node.ts';
import { rbacFiles } from '../../src/cli/rbac.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import type { MovedPod } from '../../src/kubernetes/node-pods.ts';
import { targets } from '../../src/targets/index.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import type { Rule } from '../harness/cluster-identity.ts';
import { deployment, service, statefulSet } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
let client: KubernetesClient;
let serviceAddress = '';
let podAddress = '';
let node = '';

beforeAll(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('own-redis');
  const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none' } };
  const storage = { resources: { requests: { storage: '1Mi' } } };
  await cluster.apply(statefulSet({ namespace, name: 'redis' }));
  await cluster.apply(
    // Its pods wait for a volume that nobody provides: the claim is what matters here.
    statefulSet({
      namespace,
      name: 'replica',
      spec: { volumeClaimTemplates: [{ ...claim, spec: { ...claim.spec, ...storage } }] },
    }),
  );
  await cluster.apply(service({ namespace, name: 'redis' }));
  await cluster.apply(service({ namespace, name: 'replica' }));
  await cluster.apply(deployment({ namespace, name: 'web' }));
  const pod = await cluster.waitFor('redis-0 to have an address', async () => {
    const found = await cluster.get('pods', { namespace, name: 'redis-0' });
    return (found?.status?.podIP ?? '') !== '' && found;
  });
  podAddress = pod.status?.podIP ?? '';
  node = String(pod.spec.nodeName);
  serviceAddress = (await cluster.get('services', { namespace, name: 'redis' }))?.spec.clusterIP ?? '';
  await cluster.waitFor('the claim of replica-0', () =>
    cluster.get('persistentvolumeclaims', { namespace, name: 'data-replica-0' }),
  );
  // With no more rights than explain needs.
  const [role] = parseAllDocuments(rbacFiles()['observe.yaml'] ?? '').map((one) => one.toJS() as { rules: Rule[] });
  const { kubeconfig } = await cluster.serviceAccount(namespace, role?.rules ?? []);
  client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

/** Ours where `redis.url` has this host, and we run in the namespace. */
const clientsWith = (host: string): Clients => ({
  docker: new Map(),
  kubernetes: new Map([['prod', client]]),
  ownRedis: { host, port: 6379, engines: [], clusters: ['prod'], namespace },
});

/** What an alert with these labels leads to: a key, or why it leads nowhere. */
async function answer(labels: Readonly<Record<string, string>>, host: string): Promise<string> {
  const platforms = { docker: [], kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] };
  for (const kind of targets) {
    const candidate = kind.resolve({ namespace, ...labels }, platforms);
    if (candidate === undefined) continue;
    if ('ok' in candidate) return candidate.reason;
    const found = await kind.confirm(candidate, clientsWith(host));
    return 'ok' in found ? found.reason : found.key;
  }
  return 'the labels name nothing';
}
const refused = "is never acted on: Paramedic's own Redis runs in it (redis.url)";

const hosts: readonly (readonly [string, () => string])[] = [
  ['a bare name', () => 'redis'],
  ['a name with its namespace', () => `redis.${namespace}`],
  ['the full name', () => `redis.${namespace}.svc.cluster.local`],
  ['the name of its pod', () => `redis-0.redis.${namespace}.svc`],
  ["the Service's address", () => serviceAddress],
  ["the pod's address", () => podAddress],
];
it.each(hosts)('%s leads to the StatefulSet and its pod, and to nothing else', async (_, host) => {
  expect(await answer({ statefulset: 'redis' }, host())).toBe(`statefulset "${namespace}/redis" ${refused}`);
  expect(await answer({ pod: 'redis-0', uid: 'x' }, host())).toBe(`pod "${namespace}/redis-0" ${refused}`);
  expect(await answer({ deployment: 'web' }, host())).toBe(`kubernetes/prod/${namespace}/deployment/web`);
  expect(await answer({ statefulset: 'replica' }, host())).toBe(`kubernetes/prod/${namespace}/statefulset/replica`);
});

it('the claim of its pod is known by the labels that Kubernetes gives it, and by the name of the pod', async () => {
  const claim = { persistentvolumeclaim: 'data-replica-0' };
  expect(await answer(claim, 'replica')).toContain(refused);
  expect(await answer(claim, 'replica-0.elsewhere')).toContain(refused);
  expect(await answer(claim, 'redis')).toBe(`kubernetes/prod/${namespace}/persistentvolumeclaim/data-replica-0`);
});

it.each(hosts)('a drain would not move it: by %s', async (_, host) => {
  const target = { kind: 'node', key: `kubernetes/prod/node/${node}` };
  const { pods } = (await drainNode.observe(target, clientsWith(host()))) as { pods: readonly MovedPod[] };
  const ours = pods.filter((pod) => pod.namespace === namespace && pod.protectedBecause !== '');
  expect(ours.map(({ name, protectedBecause }) => [name, protectedBecause])).toEqual([
    ['redis-0', "Paramedic's own Redis runs in it (redis.url)"],
  ]);
});
