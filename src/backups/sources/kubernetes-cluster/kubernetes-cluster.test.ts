import { Readable } from 'node:stream';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../../test/fakes/kube-api.ts';
import type { Produced } from '../../../domain/backup.ts';
import type { Clients } from '../../../domain/clients.ts';
import type { Verdict } from '../../../domain/verdict.ts';
import { onlyRead } from '../../plan-restore.ts';
import { kubernetesCluster } from './kubernetes-cluster.ts';

const signal = new AbortController().signal;
let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  api.put('namespaces', { metadata: { name: 'shop' } });
});
afterEach(() => api.close());

/** What is read of the cluster, and whether that was all. Rejects where it breaks off. */
async function read(params: object = {}): Promise<{ readonly all: Buffer; readonly whole: Verdict }> {
  const asked = kubernetesCluster.params.parse({ cluster: 'kubernetes/prod', ...params });
  const produced = (await kubernetesCluster.open(asked, clients, signal, 60_000)) as Produced;
  const all = await buffer(produced.stream);
  return { all, whole: await produced.whole({ bytes: all.byteLength }, all.subarray(-65_536)) };
}
const stream = (all: Buffer): Readable => Readable.from([all], { objectMode: false });
const examined = (all: Buffer) => kubernetesCluster.examine(stream(all), { cluster: 'kubernetes/prod' });

async function filesOf(all: Buffer): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const archive = extract();
  stream(all).pipe(archive);
  for await (const entry of archive) files.set(entry.header.name, await text(entry));
  return files;
}

const settings = (count: number): void => {
  for (let at = 0; at < count; at += 1)
    api.put('configmaps', { metadata: { namespace: 'shop', name: `settings-${at}` }, data: { MODE: `${at}` } });
};

describe('the objects of a cluster', () => {
  it('are files by the folder in which they are applied, without what the server fills in', async () => {
    api.put('services', {
      metadata: {
        namespace: 'shop',
        name: 'web',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      },
      spec: { clusterIP: '10.0.0.7', ports: [{ port: 80, nodePort: 30080 }] },
      status: { loadBalancer: {} },
    });
    api.put('persistentvolumes', {
      metadata: { name: 'disk' },
      spec: {
        persistentVolumeReclaimPolicy: 'Delete',
        claimRef: { namespace: 'shop', name: 'data', uid: 'u-1', resourceVersion: '7' },
      },
    });
    api.put('validatingwebhookconfigurations.admissionregistration.k8s.io', {
      metadata: { name: 'strict' },
      webhooks: [],
    });
    const { all, whole } = await read();
    expect(whole.ok).toBe(true);
    expect([...(await filesOf(all))]).toEqual([
      ['1-before/namespace/shop.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n'],
      [
        '1-before/persistentvolume/disk.yaml',
        'apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: disk\nspec:\n  claimRef:\n    name: data\n    namespace: shop\n  persistentVolumeReclaimPolicy: Retain\n',
      ],
      [
        '2-objects/shop/service/web.yaml',
        'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  clusterIP: "10.0.0.7"\n  ports:\n    - nodePort: 30080\n      port: 80\n',
      ],
      [
        '3-after/validatingwebhookconfiguration/strict.yaml',
        'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata:\n  name: strict\nwebhooks: []\n',
      ],
      [
        'inventory.txt',
        'namespace 1 namespaces\npersistentvolume 1 persistentvolumes\nservice 1 services\nvalidatingwebhookconfiguration 1 validatingwebhookconfigurations.admissionregistration.k8s.io\n',
      ],
    ]);
  });

  it('are not those that Kubernetes or an owner makes, nor Secrets that nobody has asked for', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u', controller: true };
    api.put('configmaps', { metadata: { namespace: 'shop', name: 'made', ownerReferences: [owner] } });
    api.put('configmaps', { metadata: { namespace: 'shop', name: 'kube-root-ca.crt' } });
    api.put('clusterroles.rbac.authorization.k8s.io', { metadata: { name: 'system:node' } });
    api.put('clusterroles.rbac.authorization.k8s.io', {
      metadata: { name: 'admin', labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    });
    api.put('clusterroles.rbac.authorization.k8s.io', { metadata: { name: 'ours' }, rules: [] });
    api.put('priorityclasses.scheduling.k8s.io', { metadata: { name: 'system-node-critical' } });
    api.put('serviceaccounts', { metadata: { namespace: 'shop', name: 'default' } });
    api.put('services', { metadata: { name: 'kubernetes' } });
    api.put('secrets', { metadata: { namespace: 'shop', name: 'login' }, type: 'Opaque', data: { a: 'Yg==' } });
    api.put('secrets', {
      metadata: { namespace: 'shop', name: 'token' },
      type: 'kubernetes.io/service-account-token',
    });
    const names = async (params: object = {}) => [...(await filesOf((await read(params)).all)).keys()];
    const ours = ['1-before/namespace/shop.yaml', '1-before/clusterrole/ours.yaml'];
    expect(await names()).toEqual([...ours, 'inventory.txt']);
    expect(await names({ secrets: true })).toEqual([...ours, '2-objects/shop/secret/login.yaml', 'inventory.txt']);
    expect(await names({ kinds: ['clusterrole'] })).toEqual(['1-before/clusterrole/ours.yaml', 'inventory.txt']);
    expect(await names({ except: ['clusterrole'] })).toEqual(['1-before/namespace/shop.yaml', 'inventory.txt']);
    expect(await names({ namespaces: ['shop'] })).toEqual(['1-before/namespace/shop.yaml', 'inventory.txt']);
  });

  it('are read page by page, and counted', async () => {
    settings(250);
    const { all } = await read();
    expect(
      api.requests.filter(({ path }) => path.endsWith('/configmaps')).map(({ query }) => query['continue']),
    ).toEqual([undefined, '100', '200']);
    expect(await examined(all)).toEqual({
      shape: { bytes: all.byteLength, counts: { objects: 251, workloads: 0 } },
    });
  });

  it('break off when the API has forgotten where a list was, or ends an answer in its middle', async () => {
    settings(250);
    api.fault({ kind: '410', matches: ({ query }) => query['continue'] === '200' });
    await expect(read()).rejects.toThrow('did not list configmaps in all namespaces: HTTP 410');
    api.fault({ kind: 'half', matches: ({ query }) => query['continue'] === '100' });
    await expect(read()).rejects.toThrow('can not be reached (list configmaps in all namespaces)');
  });

  it('are not all without the right to read them, and each missing rule is named', async () => {
    for (const resource of ['/configmaps', '/ingresses'])
      api.fault({ kind: '403', matches: ({ path }) => path.endsWith(resource) });
    const { whole } = await read();
    expect(whole.ok).toBe(false);
    expect(whole.reason).toContain('its role lacks {apiGroups: [""], resources: ["configmaps"], verbs: ["list"]}; ');
    expect(whole.reason).toContain('{apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["list"]}');
  });

  it('are refused when they are cut anywhere, when one is missing, and when one is another', async () => {
    settings(20);
    const { all } = await read();
    for (let bytes = 0; bytes < all.byteLength; bytes += 1_536)
      expect(await examined(all.subarray(0, bytes)), String(bytes)).toEqual({ refused: expect.any(String) });
    // A whole file less, in blocks of 512 bytes: its head, and what is in it.
    const at = all.indexOf('2-objects/shop/configmap/settings-7.yaml');
    expect(await examined(Buffer.concat([all.subarray(0, at), all.subarray(at + 1_024)]))).toEqual({
      refused: 'it is not all there: 19 objects of kind configmap of 20',
    });
    const renamed = Buffer.from(
      all.toString('latin1').replace('  name: settings-7\n', '  name: settings-8\n'),
      'latin1',
    );
    expect(await examined(renamed)).toEqual({
      refused: '2-objects/shop/configmap/settings-7.yaml in it is another object, settings-8',
    });
  });

  it('are asked for no faster than they are taken', async () => {
    for (let at = 0; at < 3_000; at += 1)
      api.put('configmaps', { metadata: { namespace: 'shop', name: `large-${at}` }, data: { a: 'x'.repeat(3_000) } });
    const asked = kubernetesCluster.params.parse({ cluster: 'kubernetes/prod', kinds: ['configmap'] });
    const produced = (await kubernetesCluster.open(asked, clients, signal, 60_000)) as Produced;
    await once(produced.stream, 'readable');
    // Each round is as long as one of the reader's would be, who waits for nobody.
    for (let round = 0; round < 20; round += 1) await api.client.count('pods', '');
    expect(api.requests.filter(({ path }) => path.endsWith('/configmaps')).length).toBeLessThan(5);
    produced.stop();
    produced.stream.destroy();
  });

  it('of a kind that is named, and that the cluster does not have, are a failure', async () => {
    await expect(read({ kinds: ['deployment', 'certificates.cert-manager.io'] })).rejects.toThrow(
      'kubernetes prod has no custom resource certificates.cert-manager.io',
    );
  });

  it('that are none are refused', async () => {
    api.remove('namespaces', { namespace: '', name: 'shop' });
    expect(await examined((await read()).all)).toEqual({ refused: 'there is no object in it' });
  });

  it('are brought back by people, who are told how', () => {
    expect(onlyRead(kubernetesCluster)).toBe(
      'objects are brought back by people, and not by themselves: restic dump reads cluster.tar; unpack it and apply its folders in their order with kubectl (README, "The objects of a cluster")',
    );
    expect(kubernetesCluster.restore).toBeUndefined();
  });

  it('are of a cluster, and of kinds that there are', () => {
    const mistakes = (params: object) =>
      kubernetesCluster.params.safeParse(params).error?.issues.map((one) => one.message);
    expect(mistakes({ cluster: 'prod' })).toEqual(['is no cluster such as kubernetes/prod']);
    expect(mistakes({ cluster: 'kubernetes/prod', kinds: ['Deployment'] })).toEqual([
      expect.stringMatching(/^is no kind that is kept; the kinds are namespace, .*deployment, /),
    ]);
    expect(mistakes({ cluster: 'kubernetes/prod', kinds: ['deployment'], except: ['service'] })).toEqual([
      expect.stringContaining('one of them is enough'),
    ]);
    for (const except of ['pods', '(.', '*)'])
      expect(mistakes({ cluster: 'kubernetes/prod', except: [except] })).toEqual([
        expect.stringMatching(/^is no kind/),
      ]);
    expect(mistakes({ cluster: 'kubernetes/prod', except: ['*.cilium.io', '*'] })).toBeUndefined();
    expect(mistakes({ cluster: 'kubernetes/prod', kinds: ['certificates.cert-manager.io'] })).toBeUndefined();
  });
});
