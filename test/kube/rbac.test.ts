import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { actions } from '../../src/actions/index.ts';
import { rbacFiles } from '../../src/cli/rbac.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { Clients } from '../../src/domain/clients.ts';
import { isTarget, type Target } from '../../src/domain/target.ts';
import { targets } from '../../src/targets/index.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import type { Identity, Rule } from '../harness/cluster-identity.ts';
import * as make from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
let other: string;
beforeAll(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('rbac');
  other = await cluster.namespace('rbac-other');
  await cluster.apply(make.deployment({ namespace, name: 'web', replicas: 2 }));
  await cluster.apply(make.statefulSet({ namespace, name: 'db' }));
  await cluster.apply(make.daemonSet({ namespace, name: 'agent' }));
  await cluster.apply(make.job({ namespace, name: 'once', command: 'exit 1' }));
  await cluster.apply(make.cronJob({ namespace, name: 'nightly', schedule: '0 0 1 1 *' }));
  await cluster.apply(make.service({ namespace, name: 'web' }));
  await cluster.apply(make.autoscaler({ namespace, name: 'web', min: 1, max: 3 }));
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: 'data-0' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
});
afterAll(() => cluster.close());

const rulesIn = (name: string): readonly Rule[] => {
  const [role] = parseAllDocuments(rbacFiles()[name] ?? '').map((one) => one.toJS() as { rules: Rule[] });
  return role?.rules ?? [];
};
async function clientsOf({ kubeconfig }: Identity): Promise<Clients> {
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  return { docker: new Map(), kubernetes: new Map([['prod', client]]) };
}
const platforms = { docker: [], kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] };

/** What an alert's labels lead to with the rights of `clients`. Rejects with what the API refuses. */
async function find(labels: Readonly<Record<string, string>>, clients: Clients): Promise<Target> {
  for (const kind of targets) {
    const candidate = kind.resolve({ namespace, ...labels }, platforms);
    if (candidate === undefined) continue;
    if ('ok' in candidate) throw new Error(candidate.reason);
    const target = await kind.confirm(candidate, clients);
    if (!isTarget(target)) throw new Error('ok' in target ? target.reason : 'it is no target');
    return target;
  }
  throw new Error('the labels name nothing');
}

const labelsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  deployment: { deployment: 'web' },
  statefulset: { statefulset: 'db' },
  daemonset: { daemonset: 'agent' },
  job: { job_name: 'once' },
  cronjob: { cronjob: 'nightly' },
  persistentvolumeclaim: { persistentvolumeclaim: 'data-0' },
  horizontalpodautoscaler: { horizontalpodautoscaler: 'web' },
};

describe('with deploy/rbac/observe.yaml', () => {
  let identity: Identity;
  let clients: Clients;
  beforeAll(async () => {
    identity = await cluster.serviceAccount(namespace, rulesIn('observe.yaml'));
    clients = await clientsOf(identity);
  });
  afterAll(() => clients.kubernetes.get('prod')?.close());

  it('nobody can read Secrets, or write', async () => {
    for (const verb of ['get', 'list', 'watch']) expect(await identity.mayI(verb, 'secrets')).toBe(false);
    const writes: [string, string][] = [
      ['create', 'pods/eviction'],
      ['create', 'pods/exec'],
      ['delete', 'pods'],
      ['patch', 'deployments.apps'],
      ['patch', 'deployments.apps/scale'],
      ['create', 'jobs.batch'],
      ['patch', 'nodes'],
    ];
    for (const [verb, resource] of writes)
      expect([resource, await identity.mayI(verb, resource)]).toEqual([resource, false]);
    expect(await identity.mayI('list', 'pods')).toBe(true);
  });

  it.each(Object.keys(labelsOf))('a %s is found, observed, and every action on it can make its plan', async (kind) => {
    const target = await find(labelsOf[kind] ?? {}, clients);
    expect(target.kind).toBe(kind);
    await observeAll(target, clients);
  });

  it('a pod leads to its Deployment, and to its Job', async () => {
    for (const [app, kind] of [
      ['web', 'deployment'],
      ['once', 'job'],
    ] as const) {
      const pod = await cluster.waitFor(
        `a pod of ${app}`,
        async () => (await cluster.list('pods', namespace, `app=${app}`))[0],
      );
      expect(await find({ pod: pod.metadata.name, uid: pod.metadata.uid }, clients)).toMatchObject({ kind });
    }
  });

  it('a node and a Service are found and observed', async () => {
    // The first one may be another test's, and be gone in a moment.
    const node = (await cluster.list('nodes')).at(-1);
    await observeAll(
      await find({ node: node?.metadata.name ?? '', condition: 'Ready', status: 'true' }, clients),
      clients,
    );
    const key = `kubernetes/prod/${namespace}/service/web`;
    await observeAll({ kind: 'service', key }, clients);
  });
});

/** The kind's own look, and what each of its actions reads besides. */
async function observeAll(target: Target, clients: Clients): Promise<void> {
  const kind = targets.find((one) => one.kind === target.kind);
  expect(await kind?.observe(target, clients)).toBeDefined();
  for (const action of actions.filter(({ on }) => on === target.kind)) await action.observe(target, clients);
}

describe('with deploy/rbac/act.yaml', () => {
  it('all that is declared is allowed, and Secrets are not', async () => {
    const identity = await cluster.serviceAccount(namespace, rulesIn('act.yaml'));
    const declared = [...targets, ...actions]
      .flatMap(({ permissions }) => permissions)
      .filter(({ platform }) => platform === 'kubernetes');
    expect(declared.length).toBeGreaterThan(10);
    for (const { resource, verbs } of declared) {
      for (const verb of verbs)
        expect([verb, resource, await identity.mayI(verb, resource)]).toEqual([verb, resource, true]);
    }
    expect(await identity.mayI('get', 'secrets')).toBe(false);
  });
});

describe('with deploy/rbac/namespace.yaml', () => {
  it('one namespace is open, the others and the nodes are not', async () => {
    const identity = await cluster.serviceAccount(namespace, rulesIn('namespace.yaml'), namespace);
    const clients = await clientsOf(identity);
    const target = await find({ deployment: 'web' }, clients);
    const kind = targets.find((one) => one.kind === 'deployment');
    expect(await kind?.observe(target, clients)).toBeDefined();
    await clients.kubernetes.get('prod')?.close();
    expect(await identity.mayI('patch', 'deployments.apps')).toBe(true);
    expect(await identity.mayI('patch', 'deployments.apps', other)).toBe(false);
    expect(await identity.mayI('get', 'nodes', '')).toBe(false);
    expect(await identity.mayI('get', 'secrets')).toBe(false);
  });
});
