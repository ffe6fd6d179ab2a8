import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../../test/fakes/kube-api.ts';
import type { Produced } from '../../domain/backup.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Restorable, Scratch } from '../source-kind.ts';
import { kubernetesCluster } from '../sources/kubernetes-cluster/kubernetes-cluster.ts';

const signal = new AbortController().signal;
const params = kubernetesCluster.params.parse({ cluster: 'kubernetes/prod' });
let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  api.put('namespaces', { metadata: { name: 'shop' } });
});
afterEach(() => api.close());

const settings = (count: number): void => {
  for (let at = 0; at < count; at += 1)
    api.put('configmaps', { metadata: { namespace: 'shop', name: `settings-${at}` }, data: { MODE: `${at}` } });
};

describe('objects in a folder, for a drill', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'paramedic-objects-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const restorable = (all: Buffer): Restorable => ({
    read: async () => Readable.from([all], { objectMode: false }),
    intoFolder: () => Promise.reject(new Error('it is a file')),
  });
  /** What was read of the cluster, unpacked. */
  async function place(): Promise<Scratch> {
    const produced = (await kubernetesCluster.open(params, clients, signal, 60_000)) as Produced;
    const all = await buffer(produced.stream);
    const scratch = await kubernetesCluster.scratch?.(
      params,
      clients,
      { folder, drill: 'd_1', timeoutMs: 60_000 },
      signal,
    );
    if (scratch === undefined) throw new Error('there is no scratch place');
    expect(await scratch.fill(restorable(all), signal)).toMatchObject({ ok: true });
    return scratch;
  }

  it('are counted there, and one that is gone is missed', async () => {
    settings(20);
    const scratch = await place();
    expect(await scratch.look(signal)).toMatchObject({ shape: { counts: { objects: 21, workloads: 0 } } });
    expect(await scratch.run({ command: ['sh', '-c', 'ls 2-objects/shop/configmap | wc -l'] }, signal)).toMatchObject({
      stdout: '20\n',
    });
    rmSync(join(folder, '2-objects/shop/configmap/settings-3.yaml'));
    expect(await scratch.look(signal)).toEqual({ refused: 'it is not all there: 19 objects of kind configmap of 20' });
  });

  it('are tried on the cluster, a Service without the address that it has there', async () => {
    api.put('services', {
      metadata: { namespace: 'shop', name: 'web' },
      spec: { clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ports: [{ port: 80, nodePort: 30080 }] },
    });
    api.put('services', { metadata: { namespace: 'shop', name: 'headless' }, spec: { clusterIP: 'None' } });
    const scratch = await place();
    expect(await scratch.prove?.(signal)).toEqual({ ok: true, reason: 'kubernetes prod would take 3 of 3 objects' });
    expect(api.writes().map(({ query }) => query['dryRun'])).toEqual(['All', 'All', 'All']);
    expect(api.writes().flatMap(({ path, body }) => (path.endsWith('/services') ? [body] : []))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ spec: { ports: [{ port: 80 }] } }),
        expect.objectContaining({ spec: { clusterIP: 'None' } }),
      ]),
    );
  });

  it('are refused when the cluster would refuse one, and not for what it can not be asked', async () => {
    settings(10);
    const scratch = await place();
    api.fault({
      kind: '403',
      times: 99,
      matches: ({ method, path }) => method === 'POST' && path.endsWith('/namespaces'),
    });
    expect(await scratch.prove?.(signal)).toEqual({
      ok: true,
      reason: expect.stringMatching(
        /^kubernetes prod would take 10 of 11 objects; 1 could not be tried \(the first: .*its role lacks/,
      ),
    });
    api.fault({ kind: '409', matches: ({ method, path }) => method === 'POST' && path.endsWith('/configmaps') });
    expect(await scratch.prove?.(signal)).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /^kubernetes prod would not take 1 of 10 objects: 2-objects\/shop\/configmap\/settings-\d\.yaml: kubernetes prod did not create/,
      ),
    });
  });

  it('are counted only, and the cluster is left alone, once it does not answer', async () => {
    settings(100);
    const scratch = await place();
    const before = api.requests.length;
    api.fault({ kind: 'reset', times: 999 });
    expect(await scratch.prove?.(signal)).toEqual({
      ok: true,
      reason: expect.stringMatching(/^nothing was tried on kubernetes prod: kubernetes prod at .* can not be reached/),
    });
    expect(api.requests.length - before).toBeLessThanOrEqual(8);
  });
});
