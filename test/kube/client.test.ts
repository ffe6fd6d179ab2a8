import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { KubernetesClient, Patch } from '../../src/domain/kubernetes-client.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import { deployment, disruptionBudget } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
let client: KubernetesClient;
const { signal } = new AbortController();
const connect = (kubeconfig: string): Promise<KubernetesClient> =>
  createKubernetesClient({ name: 'real', kubeconfig, isDefault: true, protectedNamespaces: [] });

beforeAll(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('client');
  client = await connect(cluster.kubeconfig);
  await cluster.apply(deployment({ namespace, name: 'web', replicas: 2 }));
  await cluster.waitFor('two replicas', async () => (await look())?.status?.availableReplicas === 2);
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

const web = () => ({ namespace, name: 'web' });
const look = () => client.get('deployments.apps', web());
const pods = () => client.list('pods', { namespace, labelSelector: 'app in (web),!nothing' });
async function firstPod() {
  const [pod] = await pods();
  if (pod === undefined) throw new Error('the Deployment has no pods');
  return { place: { namespace, name: pod.metadata.name }, uid: pod.metadata.uid, node: pod.spec.nodeName ?? '' };
}

describe('reads of a real cluster', () => {
  it('find what is there, by label and node, and nothing where nothing is', async () => {
    expect((await look())?.spec.replicas).toBe(2);
    expect(await client.get('deployments.apps', { namespace, name: 'nope' })).toBeUndefined();
    expect(await pods()).toHaveLength(2);
    expect((await client.list('nodes', { namespace: '' })).length).toBeGreaterThanOrEqual(2);
    const { place, node } = await firstPod();
    const onNode = await client.list('pods', { namespace: '', fieldSelector: `spec.nodeName=${node}` });
    expect(onNode.map(({ metadata }) => metadata.name)).toContain(place.name);
    expect(await client.list('pods', { namespace: 'no-such-namespace' })).toEqual([]);
  });

  it('know every resource that we name, but KEDA', async () => {
    const resources = [
      'services',
      'persistentvolumeclaims',
      'replicasets.apps',
      'statefulsets.apps',
      'daemonsets.apps',
      'controllerrevisions.apps',
      'jobs.batch',
      'cronjobs.batch',
      'horizontalpodautoscalers.autoscaling',
      'endpointslices.discovery.k8s.io',
      'poddisruptionbudgets.policy',
    ] as const;
    for (const resource of resources) {
      expect(await client.list(resource, { namespace })).toEqual(expect.any(Array));
      expect(await client.get(resource, { namespace, name: 'nope' })).toBeUndefined();
    }
    expect(await client.list('replicasets.apps', { namespace })).toHaveLength(1);
    expect(await client.list('scaledobjects.keda.sh', { namespace })).toEqual([]);
  });

  it('of many pages are whole', async () => {
    const names = Array.from({ length: 501 }, (_, index) => `s-${index}`);
    const made = names.map((name) =>
      cluster.send({
        method: 'POST',
        path: `/apis/apps/v1/namespaces/${namespace}/controllerrevisions`,
        body: { metadata: { name, labels: { many: 'yes' } }, revision: 1, data: {} },
      }),
    );
    await Promise.all(made);
    const listed = await client.list('controllerrevisions.apps', { namespace, labelSelector: 'many=yes' });
    expect(new Set(listed.map(({ metadata }) => metadata.name))).toEqual(new Set(names));
  });

  it('are refused with the rule that is missing', async () => {
    const { kubeconfig } = await cluster.serviceAccount(namespace, [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
    ]);
    const limited = await connect(kubeconfig);
    expect(await limited.get('deployments.apps', web())).toBeDefined();
    await expect(limited.patch('deployments.apps', web(), { merge: { spec: {} } }, signal)).rejects.toMatchObject({
      reason: 'forbidden',
      message: `kubernetes real may not patch deployments.apps in namespace ${namespace}: its role lacks {apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}`,
    });
    const { place, uid } = await firstPod();
    await expect(limited.evict(place, uid, signal)).rejects.toMatchObject({
      message: expect.stringContaining('lacks {apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"]}'),
    });
    await expect(limited.list('scaledobjects.keda.sh', { namespace: '' })).rejects.toMatchObject({
      message: expect.stringContaining('may not list scaledobjects.keda.sh in all namespaces: its role lacks'),
    });
    await limited.close();
  });
});

describe('writes to a real cluster', () => {
  it('patch the object in our name, and its scale', async () => {
    await client.patch('deployments.apps', web(), { merge: { metadata: { annotations: { note: 'ours' } } } }, signal);
    const found = await look();
    expect(found?.metadata.annotations?.['note']).toBe('ours');
    expect(found?.metadata.managedFields?.map(({ manager }) => manager)).toContain('paramedic');
    await client.patch(
      'deployments.apps',
      { ...web(), subresource: 'scale' },
      { merge: { spec: { replicas: 3 } } },
      signal,
    );
    expect((await look())?.spec.replicas).toBe(3);
    await client.patch(
      'deployments.apps',
      { ...web(), subresource: 'scale' },
      { merge: { spec: { replicas: 2 } } },
      signal,
    );
  });

  it('apply operations with a test that holds', async () => {
    const json = [
      { op: 'test', path: '/metadata/uid', value: (await look())?.metadata.uid },
      { op: 'add', path: '/metadata/labels/a~1b', value: 'c' },
    ] as const;
    await client.patch('deployments.apps', web(), { json }, signal);
    expect((await look())?.metadata.labels).toMatchObject({ 'a/b': 'c' });
    const back = { op: 'remove', path: '/metadata/labels/a~1b' } as const;
    await client.patch('deployments.apps', web(), { json: [json[0], back] }, signal);
    await expect(client.patch('deployments.apps', web(), { json: [back] }, signal)).rejects.toMatchObject({
      reason: 'conflict',
    });
  });

  it.each<readonly [string, Patch]>([
    ['a test that fails', { json: [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }] }],
    ['another version', { merge: { metadata: { resourceVersion: '1' }, spec: { replicas: 5 } } }],
    ['another instance', { merge: { metadata: { uid: '00000000-0000-0000-0000-000000000000' } } }],
  ])('with %s change nothing: conflict', async (_, patch) => {
    for (const subresource of [undefined, 'scale'] as const) {
      const place = { ...web(), ...(subresource && { subresource }) };
      await expect(client.patch('deployments.apps', place, patch, signal)).rejects.toMatchObject({
        reason: 'conflict',
      });
    }
    expect((await look())?.spec.replicas).toBe(2);
  });

  it('that make no sense, or are for nobody, say so', async () => {
    const wrong = { merge: { spec: { replicas: -1 } } };
    await expect(client.patch('deployments.apps', web(), wrong, signal)).rejects.toMatchObject({
      reason: 'bad-request',
      message: expect.stringContaining('must be greater than or equal to 0'),
    });
    await expect(client.patch('deployments.apps', { namespace, name: 'nope' }, wrong, signal)).rejects.toMatchObject({
      reason: 'not-found',
    });
  });

  it('make a job once', async () => {
    const template = {
      spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'e2e.local/app:v1', command: ['true'] }] },
    };
    const job = { metadata: { name: 'once', labels: { a: 'b' } }, spec: { template } };
    await client.createJob(namespace, job, signal);
    expect((await client.get('jobs.batch', { namespace, name: 'once' }))?.metadata.labels).toMatchObject({ a: 'b' });
    await expect(client.createJob(namespace, job, signal)).rejects.toMatchObject({ reason: 'conflict' });
  });

  it('evict the pod that is meant, when its budget allows it', async () => {
    await cluster.waitFor('the end of the third replica', async () => (await pods()).length === 2);
    const { place, uid } = await firstPod();
    expect(await client.evict(place, '00000000-0000-0000-0000-000000000000', signal)).toEqual({ gone: true });
    expect(await client.evict({ ...place, name: 'nope' }, uid, signal)).toEqual({ gone: true });

    await cluster.apply(disruptionBudget({ namespace, name: 'web', minAvailable: 2 }));
    await cluster.waitFor('the budget', async () => {
      const budget = await client.get('poddisruptionbudgets.policy', web());
      return budget?.status?.currentHealthy === 2;
    });
    expect(await client.evict(place, uid, signal)).toEqual({
      blockedBy: 'The disruption budget web needs 2 healthy pods and has 2 currently',
    });
    const second = {
      ...disruptionBudget({ namespace, name: 'web', minAvailable: 1 }),
      metadata: { namespace, name: 'b' },
    };
    await cluster.apply(second);
    await cluster.waitFor('two budgets', async () => {
      const answer = await client.evict(place, uid, signal);
      return 'blockedBy' in answer && /more than one PodDisruptionBudget/.test(answer.blockedBy);
    });
    for (const name of ['web', 'b']) await cluster.remove('poddisruptionbudgets.policy', { namespace, name });

    await cluster.waitFor('the eviction', async () => 'evicted' in (await client.evict(place, uid, signal)));
    await cluster.waitFor('its end', async () => (await client.get('pods', place))?.metadata.uid !== uid);
    expect(await client.evict(place, uid, signal)).toEqual({ gone: true });
  });
});
