import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { restorableOf } from '../../src/backups/restorable.ts';
import type { Repository } from '../../src/backups/restic/repository.ts';
import type { Restorable, Scratch } from '../../src/backups/source-kind.ts';
import { kubernetesCluster } from '../../src/backups/sources/kubernetes-cluster/kubernetes-cluster.ts';
import { takeBackup, type Taken } from '../../src/backups/take-backup.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { Clients } from '../../src/domain/clients.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { type ClusterClients, clusterClients } from '../harness/cluster-clients.ts';
import type { Manifest } from '../harness/cluster-resources.ts';
import { autoscaler, cronJob, deployment, disruptionBudget, service, volumeClaim } from '../harness/kube-objects.ts';
import { kubectl } from '../harness/kubectl.ts';
import { resticScene, type ResticScene } from '../harness/restic-scene.ts';
import { rbacRules } from './e2e/act-identity.ts';

const signal = new AbortController().signal;
const group = `kept-${randomBytes(3).toString('hex')}.paramedic.test`;
const definition = (plural: string, kind: string, scope: string): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope,
    names: { plural, singular: kind.toLowerCase(), kind },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

/** Texts that YAML, in one version of it or another, takes for something else. */
const texts = {
  'on.conf': 'yes',
  on: 'no',
  '1e3': '0o17',
  '012': '12:30:45',
  date: '2001-01-01',
  lines: 'a\n  b\n\n---\nc\n',
  tail: 'x \n\n \n',
  odd: 'a\u0085b\u2028c\ufeff\ttab',
  merge: '<<',
};

const objects = (namespace: string): readonly Manifest[] => [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'texts', labels: { app: 'web' } }, data: texts },
  { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'login' }, stringData: { PASSWORD: 'battery' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'web' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { namespace, name: 'web:reads' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { namespace, name: 'web:reads' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'web:reads' },
    subjects: [{ kind: 'ServiceAccount', name: 'web', namespace }],
  },
  deployment({ namespace, name: 'web', replicas: 2 }),
  service({ namespace, name: 'web' }),
  disruptionBudget({ namespace, name: 'web', minAvailable: 1 }),
  cronJob({ namespace, name: 'nightly', schedule: '0 3 1 1 *' }),
  autoscaler({ namespace, name: 'scaled', min: 1, max: 5 }),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace, name: 'web' },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name: 'quiet' },
    spec: { podSelector: { matchLabels: { app: 'nobody' } }, policyTypes: ['Ingress'] },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { namespace, name: 'few' },
    spec: { hard: { persistentvolumeclaims: '1' } },
  },
  volumeClaim({ namespace, name: 'data' }),
  { apiVersion: `${group}/v1`, kind: 'Route', metadata: { namespace, name: 'to-web' }, spec: { host: 'web' } },
];

let scene: ResticScene;
let repository: Repository;
let bed: ClusterClients;
let cluster: TestCluster;
let namespace: string;
beforeAll(async () => {
  scene = await resticScene();
  repository = scene.open(await scene.made('main'));
  bed = await clusterClients('kept');
  ({ cluster, namespace } = bed);
  await cluster.apply(definition('routes', 'Route', 'Namespaced'));
  await cluster.apply(definition('zones', 'Zone', 'Cluster'));
  await cluster.waitFor('both kinds', async () => {
    const { body } = await cluster.send({ method: 'GET', path: `/apis/${group}/v1` });
    return JSON.stringify(body).includes('"zones"') && JSON.stringify(body).includes('"routes"');
  });
  const zone = { apiVersion: `${group}/v1`, kind: 'Zone', metadata: { name: 'home' }, spec: { at: 'home' } };
  await cluster.waitFor('a zone', () => cluster.apply(zone));
  const isCounted = async () =>
    counted.safeParse(await cluster.get('resourcequotas', { namespace, name: 'few' })).success;
  for (const object of objects(namespace)) {
    await cluster.waitFor(object.kind, () => cluster.apply(object));
    // Until its controller has counted, a quota lets all pass, and nobody counts that later: the claim comes after it.
    if (object.kind === 'ResourceQuota') await cluster.waitFor('the quota to count', isCounted, 180_000);
  }
});
const counted = z.object({ status: z.object({ used: z.object({ persistentvolumeclaims: z.string() }) }) });
afterAll(async () => {
  for (const plural of ['routes', 'zones'])
    await cluster.remove('customresourcedefinitions.apiextensions.k8s.io', { name: `${plural}.${group}` });
  await bed.close();
  await scene.remove();
});

const backUp = (params: object, clients: Clients = bed.clients): Promise<Taken> => {
  const source = {
    name: 'objects',
    kind: 'kubernetes-cluster',
    params: kubernetesCluster.params.parse({ cluster: 'kubernetes/prod', ...params }),
    repository: 'main',
    keep: {},
    rpoMs: 60_000,
    rtoMs: 60_000,
    timeoutMs: 300_000,
    drill: { probes: [], timeoutMs: 300_000 },
  };
  return takeBackup({ source, kind: kubernetesCluster, repository, clients, clock: realClock, before: [] }, signal);
};

/** A client of somebody who may do what `rules` say. */
async function clientsOf(rules: Parameters<TestCluster['serviceAccount']>[1]): Promise<Clients> {
  const { kubeconfig } = await cluster.serviceAccount(namespace, rules);
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  return { docker: new Map(), kubernetes: new Map([['prod', client]]) };
}

async function contentOf(taken: Taken): Promise<Restorable> {
  if (taken.result !== 'verified') throw new Error(taken.reason);
  const snapshot = (await repository.snapshots()).find(({ id }) => id === taken.snapshot);
  if (snapshot === undefined) throw new Error('it is not there');
  return restorableOf({ snapshot, point: taken.point, file: 'cluster.tar' }, repository, signal, () => undefined);
}

async function drillOf(taken: Taken, clients: Clients): Promise<{ readonly place: Scratch; readonly folder: string }> {
  const folder = join(scene.dir, randomBytes(4).toString('hex'));
  await mkdir(folder);
  const params = { cluster: 'kubernetes/prod' };
  const place = await kubernetesCluster.scratch?.(params, clients, { folder, drill: 'd_1', timeoutMs: 60_000 }, signal);
  if (place === undefined) throw new Error('it has no scratch place');
  expect(await place.fill(await contentOf(taken), signal)).toMatchObject({ ok: true });
  return { place, folder };
}

/** What of an object is the same after it was made again. */
async function looks(): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  for (const { apiVersion, kind, metadata } of objects(namespace)) {
    const plural = `${kind}.${apiVersion.split('/').slice(0, -1).join('.')}`.replace(/\.$/, '');
    const json = await kubectl(cluster.kubeconfig, '-n', namespace, 'get', plural, metadata.name, '-o', 'json');
    const { status: _, ...object } = JSON.parse(json) as Record<string, unknown> & { metadata: Manifest['metadata'] };
    const { name, labels, annotations = {} } = object.metadata;
    const { 'deployment.kubernetes.io/revision': _revision, ...kept } = annotations;
    told.push({ ...object, metadata: { name, labels, annotations: kept } });
  }
  return told;
}

describe('the objects of a cluster', () => {
  it('are none without the right to read all of them, and each rule that is missing is named', async () => {
    const clients = await clientsOf(await rbacRules('backups'));
    const taken = await backUp({}, clients);
    expect(taken).toMatchObject({ result: 'failed' });
    for (const plural of ['routes', 'zones'])
      expect(taken.reason).toContain(
        `its role lacks {apiGroups: ["${group}"], resources: ["${plural}"], verbs: ["list"]}`,
      );
    expect((await backUp({ secrets: true, namespaces: [namespace] }, clients)).reason).toContain(
      'its role lacks {apiGroups: [""], resources: ["secrets"], verbs: ["list"]}',
    );
    expect(await repository.snapshots()).toEqual([]);
    expect(await backUp({ except: ['*.paramedic.test'] }, clients)).toMatchObject({ result: 'verified' });
  });

  it('of a namespace that is not there are a failure', async () => {
    expect(await backUp({ namespaces: [namespace, 'no-such'] })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('kubernetes prod has no namespace no-such'),
    });
  });

  it('are tried on the cluster by a drill, which writes nothing', async () => {
    const taken = await backUp({ namespaces: [namespace], secrets: true });
    const { place, folder } = await drillOf(taken, bed.clients);
    const versions = () => kubectl(cluster.kubeconfig, '-n', namespace, 'get', 'cm,svc,deploy,ingress', '-o', 'name');
    const before = await versions();
    await cluster.remove('configmaps', { namespace, name: 'texts' });
    const looked = await place.look(signal);
    const proven = await place.prove?.(signal);
    const isStillGone = (await cluster.get('configmaps', { namespace, name: 'texts' })) === undefined;
    // The next test wants it, whatever is found here.
    for (const object of objects(namespace)) if (object.metadata.name === 'texts') await cluster.apply(object);
    if ('refused' in looked || taken.result !== 'verified') throw new Error('it is not whole');
    expect(looked.shape.counts).toEqual(taken.point.shape.counts);
    expect(proven).toEqual({
      ok: true,
      // The claim counts for the quota already.
      reason: expect.stringMatching(
        /^kubernetes prod would take (\d+) of \d+ objects; 1 could not be tried \(the first: .*exceeded quota: few/,
      ),
    });
    expect(isStillGone).toBe(true);
    expect(await versions()).toBe(before);

    const broken = join(folder, '2-objects', namespace, 'deployment/web.yaml');
    await writeFile(broken, (await readFile(broken, 'utf8')).replace('replicas: 2', 'replicas: -2'));
    expect(await place.prove?.(signal)).toEqual({
      ok: false,
      reason: expect.stringContaining(`2-objects/${namespace}/deployment/web.yaml: kubernetes prod did not create`),
    });
    const { place: ofOther } = await drillOf(taken, await clientsOf(await rbacRules('backups')));
    expect(await ofOther.prove?.(signal)).toEqual({
      ok: true,
      reason: expect.stringMatching(/^nothing was tried on kubernetes prod: .*its role lacks .*verbs: \["create"\]/),
    });
  });

  it('come back as they were, by the commands of the README, when their namespace and their kinds are gone', async () => {
    const before = await looks();
    const taken = await backUp({ secrets: true });
    expect(taken.result, taken.reason).toBe('verified');
    const content = await contentOf(taken);
    const folder = join(scene.dir, 'objects');
    await mkdir(folder);
    await pipeline(await content.read(), createWriteStream(join(folder, 'cluster.tar')));
    execFileSync('tar', ['xf', 'cluster.tar'], { cwd: folder });

    await kubectl(cluster.kubeconfig, 'delete', 'namespace', namespace, '--timeout=300s');
    for (const plural of ['routes', 'zones'])
      await kubectl(cluster.kubeconfig, 'delete', 'crd', `${plural}.${group}`, '--timeout=300s');

    const apply = (path: string) =>
      kubectl(cluster.kubeconfig, 'apply', '--server-side', '-R', '-f', join(folder, path));
    await apply(`1-before/namespace/${namespace}.yaml`);
    for (const plural of ['routes', 'zones']) await apply(`1-before/customresourcedefinition/${plural}.${group}.yaml`);
    const kinds = ['routes', 'zones'].map((plural) => `crd/${plural}.${group}`);
    await kubectl(cluster.kubeconfig, 'wait', '--for=condition=Established', '--timeout=60s', ...kinds);
    await apply(`2-objects/${namespace}`);
    await apply(`2-objects/_cluster/zone.${group}`);
    expect(await looks()).toEqual(before);
    expect(JSON.parse(await kubectl(cluster.kubeconfig, 'get', 'zones', 'home', '-o', 'json'))).toMatchObject({
      spec: { at: 'home' },
    });
  });
});
