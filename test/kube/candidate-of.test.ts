import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Clients } from '../../src/domain/clients.ts';
import { candidateOf } from '../../src/road/candidate-of.ts';
import { targets } from '../../src/targets/index.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { clusterClients } from '../harness/cluster-clients.ts';
import * as make from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
let clients: Clients;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ cluster, namespace, clients, close } = await clusterClients('by-key'));
  await cluster.apply(make.deployment({ namespace, name: 'web' }));
  await cluster.apply(make.statefulSet({ namespace, name: 'db' }));
  await cluster.apply(make.daemonSet({ namespace, name: 'agent' }));
  await cluster.apply(make.cronJob({ namespace, name: 'nightly', schedule: '0 0 1 1 *' }));
  await cluster.apply(make.service({ namespace, name: 'web' }));
  await cluster.apply(make.autoscaler({ namespace, name: 'web', min: 1, max: 3 }));
});
afterAll(() => close());

const platforms = { docker: [], kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] };
/** What the key leads to, as for a recovery by hand. */
async function found(key: string): Promise<unknown> {
  const candidate = candidateOf(key, targets, platforms);
  if ('ok' in candidate) return candidate;
  const kind = targets.find((one) => one.kind === candidate.kind);
  return kind?.confirm(candidate, clients);
}

it('each object is found by its key, and has that key', async () => {
  const [node] = await cluster.list('nodes', '');
  const names = [
    'deployment/web',
    'statefulset/db',
    'daemonset/agent',
    'cronjob/nightly',
    'service/web',
    'horizontalpodautoscaler/web',
  ];
  const keys = [
    ...names.map((name) => `kubernetes/prod/${namespace}/${name}`),
    `kubernetes/prod/node/${node?.metadata.name}`,
  ];
  for (const key of keys) expect(await found(key)).toMatchObject({ key, uid: expect.any(String) as string });
});

it('a pod leads to what makes it', async () => {
  const pod = await cluster.waitFor('its pod', async () => (await cluster.list('pods', namespace, 'app=web'))[0]);
  const key = `kubernetes/prod/${namespace}/pod/${pod.metadata.name}`;
  expect(await found(key)).toMatchObject({ key: `kubernetes/prod/${namespace}/deployment/web` });
});

it('what is not there is said', async () => {
  expect(await found(`kubernetes/prod/${namespace}/deployment/none`)).toMatchObject({
    ok: false,
    reason: `there is no deployment "${namespace}/none" in cluster prod`,
  });
});
