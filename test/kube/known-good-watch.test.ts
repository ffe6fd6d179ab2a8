import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import { createKubernetesWatch } from '../../src/known-good/graph/kubernetes-watch.ts';
import { recorded, type Recorded } from '../fakes/recorded.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import { deployment, service } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
let client: KubernetesClient;
let controller: AbortController;
let told: Recorded;
let forbidden: string[];
let running: Promise<void>;

beforeAll(async () => {
  cluster = await testCluster();
});
afterAll(() => cluster.close());
beforeEach(async () => {
  namespace = await cluster.namespace('known-good-watch');
  controller = new AbortController();
  told = recorded('real');
  forbidden = [];
});
afterEach(async () => {
  controller.abort();
  await running;
  await client.close();
});
async function watch(kubeconfig = cluster.kubeconfig) {
  client = await createKubernetesClient({ name: 'real', kubeconfig, isDefault: true, protectedNamespaces: [] });
  const onForbidden = (sentence: string) => void forbidden.push(sentence);
  running = createKubernetesWatch(client, { clock: realClock, onForbidden }).run(told, controller.signal);
}
const hears = (what: string, line: string | RegExp) =>
  cluster.waitFor(what, async () =>
    told.lines.some((one) => (typeof line === 'string' ? one === line : line.test(one))),
  );
const graphs = (target: string) => told.lines.filter((line) => line.startsWith(`graph ${namespace}/${target}: `));

async function makeShop() {
  const metadata = { namespace, name: 'settings' };
  await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { color: 'green' } });
  await cluster.apply(service({ namespace, name: 'web' }));
  await cluster.apply(
    deployment({ namespace, name: 'web', container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
  );
}

it('tells a Deployment, what it depends on, and since when it is well; and forgets it with its namespace', async () => {
  await watch();
  await hears('the first picture', 'current');
  await makeShop();
  await hears('health', new RegExp(`^health ${namespace}/deployment/web: \\d+$`));
  await hears('health of the Service', new RegExp(`^health ${namespace}/service/web: \\d+$`));
  await cluster.waitFor('the node', async () => graphs('deployment/web').at(-1)?.includes(' node/'));
  const keys = graphs('deployment/web').at(-1)?.split(/[:,] /) ?? [];
  expect(keys).toEqual(
    expect.arrayContaining([
      `namespace/${namespace}`,
      `${namespace}/configmap/settings`,
      `${namespace}/service/web`,
      `${namespace}/serviceaccount/default`,
    ]),
  );
  expect(graphs('service/web').at(-1)).toContain(`${namespace}/configmap/settings`);

  const before = graphs('deployment/web').length;
  await cluster.remove('configmaps', { namespace, name: 'settings' });
  await hears('the deletion', `gone ${namespace}/configmap/settings`);
  await cluster.patch('services', { namespace, name: 'web' }, { spec: { selector: { app: 'nobody' } } });
  await cluster.waitFor('another graph', async () => graphs('deployment/web').length > before);
  expect(graphs('deployment/web').at(-1)).toContain(`${namespace}/configmap/settings`);
  expect(graphs('deployment/web').at(-1)).not.toContain(`${namespace}/service/web`);
  await hears('the end of the Service', `health ${namespace}/service/web: not well`);

  await cluster.patch('deployments.apps', { namespace, name: 'web' }, { spec: { replicas: 0 } });
  await hears('the end of health', `health ${namespace}/deployment/web: not well`);

  await cluster.remove('namespaces', { name: namespace });
  await hears('the end of the namespace', `forget ${namespace}/`);
  expect(told.lines.filter((line) => line === 'current' || line.startsWith('interrupted'))).toEqual(['current']);
  expect(forbidden).toEqual([]);
});

it('does without what it may not watch, and says which right is missing', async () => {
  const { kubeconfig } = await cluster.serviceAccount(namespace, [
    { apiGroups: [''], resources: ['*'], verbs: ['list', 'watch'] },
    { apiGroups: ['apps'], resources: ['*'], verbs: ['list', 'watch'] },
  ]);
  await watch(kubeconfig);
  await hears('the first picture', 'current');
  expect(forbidden).toContain(
    'kubernetes real may not list networkpolicies.networking.k8s.io in all namespaces: its role lacks {apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list"]}',
  );
  expect(new Set(forbidden).size).toBe(forbidden.length);
  await makeShop();
  await hears('health', new RegExp(`^health ${namespace}/deployment/web: \\d+$`));
  expect(told.lines.filter((line) => line.startsWith('interrupted'))).toEqual([]);
});
