import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectApi, harnessAgent } from '../harness/cluster-api.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import { deployment, disruptionBudget, images, job } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
beforeEach(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('harness');
});
afterEach(() => cluster.close());

const available = (name: string, replicas: number) => async () =>
  (await cluster.get('deployments.apps', { namespace, name }))?.status?.availableReplicas === replicas;

describe('the cluster of the tests', () => {
  it('runs what is applied to it, takes patches, and forgets what is removed', async () => {
    const web = { namespace, name: 'web' };
    await cluster.apply(deployment({ ...web, replicas: 2 }));
    await cluster.waitFor('two replicas', available('web', 2));
    const pods = await cluster.list('pods', namespace, 'app=web');
    expect(pods.map(({ spec }) => spec.containers[0]?.image)).toEqual([images.v1, images.v1]);
    await cluster.patch('deployments.apps', web, { spec: { replicas: 3 } }, { subresource: 'scale' });
    await cluster.waitFor('three replicas', available('web', 3));
    await cluster.remove('deployments.apps', web);
    await cluster.waitFor('its end', async () => (await cluster.get('deployments.apps', web)) === undefined);
    await cluster.remove('deployments.apps', web);
  });

  it('has two nodes, and runs jobs', async () => {
    expect((await cluster.list('nodes')).length).toBeGreaterThanOrEqual(2);
    await cluster.apply(job({ namespace, name: 'once' }));
    const { status } = await cluster.waitFor('its success', async () => {
      const found = await cluster.get('jobs.batch', { namespace, name: 'once' });
      return found?.status?.succeeded === 1 && found;
    });
    expect(status?.failed).toBeUndefined();
  });

  it('holds disruption budgets against an eviction', async () => {
    await cluster.apply(deployment({ namespace, name: 'web' }));
    await cluster.apply(disruptionBudget({ namespace, name: 'web', minAvailable: 1 }));
    await cluster.waitFor('its replica', available('web', 1));
    await cluster.waitFor('the budget', async () => {
      const found = await cluster.get('poddisruptionbudgets.policy', { namespace, name: 'web' });
      return found?.status?.currentHealthy === 1;
    });
    const [pod] = await cluster.list('pods', namespace);
    const name = pod?.metadata.name ?? '';
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
    expect((await cluster.send({ method: 'POST', path, body })).status).toBe(429);
    expect(
      await cluster.auditedWrites({ userAgent: harnessAgent, namespace, resource: 'pods/eviction' }),
    ).toMatchObject([{ verb: 'create', namespace, name, code: 429 }]);
  });

  it('takes a namespace away with all that was in it', async () => {
    const other = await testCluster();
    const gone = await other.namespace('harness');
    await other.apply(deployment({ namespace: gone, name: 'web' }));
    await other.close();
    await cluster.waitFor('its end', async () => (await cluster.get('namespaces', { name: gone })) === undefined);
    expect(await cluster.list('pods', gone)).toEqual([]);
  });

  it("says the API's own sentence when it refuses", async () => {
    const broken = { ...deployment({ namespace, name: 'web' }), spec: { replicas: -1 } };
    await expect(cluster.apply(broken)).rejects.toThrow(/answered 422: .*"web" is invalid/);
  });
});

describe('writes in the audit log', () => {
  it('are counted by who sent them, the refused ones too, and reads are not', async () => {
    const web = { namespace, name: 'web' };
    await cluster.apply(deployment(web));
    await cluster.list('pods', namespace);
    const missing = { spec: { replicas: 2 } };
    await expect(cluster.patch('deployments.apps', { namespace, name: 'no' }, missing)).rejects.toThrow('404');
    const mine = { userAgent: harnessAgent, namespace };
    const all = (await cluster.auditedWrites(mine)).map(({ verb, resource, name, code }) => [
      verb,
      resource,
      name,
      code,
    ]);
    expect(all).toEqual([
      ['patch', 'deployments.apps', 'web', 201],
      ['patch', 'deployments.apps', 'no', 404],
    ]);
    expect(await cluster.auditedWrites({ ...mine, taken: true })).toHaveLength(1);
    expect(await cluster.auditedWrites({ ...mine, name: 'other' })).toEqual([]);
    expect(await cluster.auditedWrites({ namespace })).toEqual([]);
  });

  it('that were there before are left out', async () => {
    await cluster.apply(deployment({ namespace, name: 'web' }));
    const later = await testCluster();
    expect(await later.auditedWrites({ userAgent: harnessAgent, namespace })).toEqual([]);
    await later.close();
  });
});

describe('a service account', () => {
  const rules = [
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  ];
  const deployments = (place: string) => `/apis/apps/v1/namespaces/${place}/deployments`;

  it('may do what its rules say, and is told what it may not', async () => {
    const { kubeconfig, user, mayI } = await cluster.serviceAccount(namespace, rules);
    expect(await Promise.all([mayI('patch', 'deployments.apps'), mayI('get', 'secrets')])).toEqual([true, false]);
    const api = await connectApi(kubeconfig);
    await cluster.apply(deployment({ namespace, name: 'web' }));
    expect((await api.send({ method: 'GET', path: deployments(namespace) })).status).toBe(200);
    const path = `${deployments(namespace)}/web`;
    const patched = { method: 'PATCH', path, body: { spec: { replicas: 2 } } } as const;
    expect((await api.send({ ...patched, contentType: 'application/merge-patch+json' })).status).toBe(200);
    const refused = await api.send({ method: 'DELETE', path });
    expect(refused).toMatchObject({ status: 403, body: { message: expect.stringContaining('cannot delete') } });
    api.close();
    expect((await cluster.auditedWrites({ user })).map(({ verb, code }) => [verb, code])).toEqual([
      ['patch', 200],
      ['delete', 403],
    ]);
  });

  it('of one namespace may do nothing in another', async () => {
    const other = await cluster.namespace('harness');
    const { kubeconfig } = await cluster.serviceAccount(namespace, rules, other);
    const api = await connectApi(kubeconfig);
    expect((await api.send({ method: 'GET', path: deployments(other) })).status).toBe(200);
    expect((await api.send({ method: 'GET', path: deployments(namespace) })).status).toBe(403);
    api.close();
  });
});
