import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Meta } from '../../../src/domain/kubernetes.ts';
import { untilEnded, writesAbout } from '../../harness/kube-fault-run.ts';
import { type KubeProxy, startKubeProxy } from '../../harness/kube-proxy.ts';
import { prepareFaults } from './fault-batch.ts';
import { madeAnew, plain, web } from './fault-objects.ts';
import type { Fault } from './faults.ts';
import { service } from '../../harness/kube-objects.ts';

const none = { alerts: ['ContainerRestarting'], targets: ['deployment/web'], allowed: () => [] };
const password = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name: 'password' },
  stringData: { PASSWORD: 'changes' },
});
const withPassword = { container: { envFrom: [{ secretRef: { name: 'password' } }] } };

const cases: readonly Fault[] = [
  {
    name: 'gone-for-good',
    objects: (namespace) => [password(namespace), web(namespace, withPassword), service({ namespace, name: 'web' })],
    inject: async (place) => {
      const { cluster, namespace } = place;
      // What was is no more: Secrets are not remembered, so nobody can make it anew.
      await cluster.remove('secrets', { namespace, name: 'password' });
      await madeAnew(place, web(namespace, { command: 'exit 7' }));
    },
    ...none,
  },
  {
    name: 'swallowed',
    objects: plain,
    inject: (place) => madeAnew(place, web(place.namespace, { command: 'exit 7' })),
    ...none,
  },
];

const verify = { within: '20s', stable: '5s' };
const playbook = { name: 'back', match: ['alertname="ContainerRestarting"'], steps: [{ rollback: {}, verify }] };

let proxy: KubeProxy | undefined;
let batch: Awaited<ReturnType<typeof prepareFaults>> | undefined;
beforeAll(async () => {
  batch = await prepareFaults(cases, {
    config: { playbooks: [playbook] },
    through: async (kubeconfig) => (proxy = await startKubeProxy(kubeconfig)),
  });
});
afterAll(() => batch?.stop());

/** What people and we write of it, to the byte: the rest, and the number of the revision, is the cluster's own count. */
function withoutCounts({ metadata, ...object }: { readonly metadata: Meta }): string {
  const { managedFields: _, resourceVersion: _version, generation: _generation, annotations = {}, ...meta } = metadata;
  const { 'deployment.kubernetes.io/revision': _revision, ...noted } = annotations;
  return JSON.stringify({ ...object, status: undefined, metadata: { ...meta, annotations: noted } });
}

describe.concurrent('a way back that does not lead back', () => {
  it.each([
    ['gone-for-good', 2],
    ['swallowed', 0],
  ])('%s: ends not-recovered, and the object is what it was before, to the byte', async (name, writes) => {
    const fault = cases.find((one) => one.name === name);
    if (batch === undefined || proxy === undefined || fault === undefined) throw new Error('the scene did not start');
    const { scene, place } = batch;
    const { cluster, namespace } = place(name);
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    if (name === 'swallowed') proxy.swallow((request) => request.path === path);
    await fault.inject(place(name));
    const now = async () => {
      const kinds = ['deployments.apps', 'services', 'configmaps'] as const;
      const lists = await Promise.all(kinds.map((kind) => cluster.list(kind, namespace)));
      return lists.flat().map(withoutCounts);
    };
    const before = await now();
    const ended = await untilEnded(scene, namespace, fault.targets, { orHeld: false });
    expect(ended).toEqual([expect.stringMatching(/^deployment\/web: not-recovered: /)]);
    expect(await now()).toEqual(before);
    const written = (await writesAbout(scene, namespace)).map(({ resource, name: of }) => `${resource} ${of}`);
    expect(written).toEqual(Array.from({ length: writes }, () => 'deployments.apps web'));
    if (name === 'swallowed') expect(proxy.mutating().map((one) => one.path)).toContain(path);
  });
});
