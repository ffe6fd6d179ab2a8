import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { KubernetesClient, Resources, Watcher } from '../../src/domain/kubernetes-client.ts';
import { kubeconfigOf } from '../fakes/kube-api.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import { deployment } from '../harness/kube-objects.ts';
import { type KubeProxy, startKubeProxy } from '../harness/kube-proxy.ts';

const connect = (kubeconfig: string): Promise<KubernetesClient> =>
  createKubernetesClient({ name: 'real', kubeconfig, isDefault: true, protectedNamespaces: [] });

let cluster: TestCluster;
let namespace: string;
let proxy: KubeProxy;
let client: KubernetesClient;
let controller: AbortController;

beforeAll(async () => {
  cluster = await testCluster();
});
afterAll(() => cluster.close());
beforeEach(async () => {
  namespace = await cluster.namespace('watch');
  proxy = await startKubeProxy(cluster.kubeconfig);
  client = await connect(proxy.kubeconfig);
  controller = new AbortController();
});
afterEach(async () => {
  controller.abort();
  await client.close();
  await proxy.close();
});

/** The picture that a watcher has, by name, and what it was told. */
function picture() {
  const objects = new Map<string, Resources['deployments.apps']>();
  const told: string[] = [];
  const on: Watcher<'deployments.apps'> = {
    replaced(all) {
      objects.clear();
      for (const object of all) objects.set(object.metadata.name, object);
      told.push('replaced');
    },
    changed({ type, object }) {
      if (type === 'DELETED') objects.delete(object.metadata.name);
      else objects.set(object.metadata.name, object);
      told.push(`${type} ${object.metadata.name}`);
    },
    interrupted: ({ reason }) => void told.push(`interrupted: ${reason}`),
    resumed: () => void told.push('resumed'),
  };
  return { objects, told, on };
}
/** It has no pods, so that nothing but the test changes it; except its status, once. */
const make = (name: string) => cluster.apply(deployment({ namespace, name, replicas: 0 }));
const note = (name: string, text: string) =>
  cluster.patch('deployments.apps', { namespace, name }, { metadata: { annotations: { note: text } } });
const remove = (name: string) => cluster.remove('deployments.apps', { namespace, name });
const watch = (on: Watcher<'deployments.apps'>, by = client) =>
  by.watch('deployments.apps', { namespace }, on, controller.signal);

/** The picture is the cluster's own: the same objects, in the same versions. */
async function isTrue(objects: ReadonlyMap<string, Resources['deployments.apps']>): Promise<boolean> {
  const versions = (all: Iterable<Resources['deployments.apps']>) =>
    [...all].map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).toSorted();
  const there = await client.list('deployments.apps', { namespace });
  return versions(there).join() === versions(objects.values()).join();
}

it('tells what is made, changed and deleted, and what was there', async () => {
  await make('before');
  const { objects, told, on } = picture();
  const watching = watch(on);
  await cluster.waitFor('the first picture', async () => told[0] === 'replaced' && objects.has('before'));
  await make('web');
  await note('web', 'changed');
  await cluster.waitFor('the change', async () => objects.get('web')?.metadata.annotations?.['note'] === 'changed');
  await remove('before');
  await cluster.waitFor('the deletion', async () => !objects.has('before'));
  expect(told).toEqual(expect.arrayContaining(['ADDED web', 'MODIFIED web', 'DELETED before']));
  expect(told.filter((line) => /replaced|interrupted|resumed/.test(line))).toEqual(['replaced']);
  expect(await isTrue(objects)).toBe(true);
  controller.abort();
  expect(await watching).toBeUndefined();
});

it('loses nothing of what happens while the API can not be reached', async () => {
  await make('stays');
  await make('goes');
  await make('comes-again');
  const { objects, told, on } = picture();
  void watch(on);
  await cluster.waitFor('the first picture', async () => objects.size === 3);
  const uid = objects.get('comes-again')?.metadata.uid;

  const back = await proxy.outage();
  await cluster.waitFor('the interruption', async () => told.includes('interrupted: unreachable'));
  await note('stays', 'changed meanwhile');
  await remove('goes');
  await remove('comes-again');
  await make('comes-again');
  await make('new');
  const before = objects.size;
  await back();

  await cluster.waitFor('the missed changes', async () => objects.has('new') && (await isTrue(objects)));
  expect(before).toBe(3);
  expect(told).toContain('resumed');
  expect(told).toEqual(expect.arrayContaining(['MODIFIED stays', 'DELETED goes', 'DELETED comes-again', 'ADDED new']));
  expect(told.filter((line) => line === 'replaced')).toHaveLength(1);
  expect(objects.get('stays')?.metadata.annotations?.['note']).toBe('changed meanwhile');
  expect(objects.get('comes-again')?.metadata.uid).not.toBe(uid);
});

/**
 * How the API server answers a watch from a version it no longer remembers. Said by a fake, because a server that was
 * just started remembers everything.
 */
const EXPIRED = {
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version: 1 (7000)',
    reason: 'Expired',
    code: 410,
  },
};

/** In front of the proxy: from `forget` on, one watch hears that the API has forgotten what it asks for. */
async function startForgetful() {
  const [behind = ''] = /http:\/\/127[.]0[.]0[.]1:\d+/.exec(await readFile(proxy.kubeconfig, 'utf8')) ?? [];
  let forgets = false;
  const server = createServer((req, res) => {
    const asked = req.url ?? '/';
    if (forgets && /resourceVersion=\d+/.test(asked)) {
      forgets = false;
      res.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(EXPIRED)}\n`);
      return;
    }
    const sent = request(`${behind}${asked}`, { headers: req.headers, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      res.flushHeaders();
      answer.pipe(res).on('close', () => sent.destroy());
      answer.on('error', () => res.destroy());
    });
    sent.on('error', () => res.destroy());
    sent.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has such an address.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dir = await mkdtemp(join(tmpdir(), 'forgetful-'));
  const kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(url));
  return {
    client: await connect(kubeconfig),
    forget: () => void (forgets = true),
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

it('tells the whole picture again when the API has forgotten what happened since', async () => {
  await make('stays');
  await make('goes');
  const { objects, told, on } = picture();
  const forgetful = await startForgetful();
  try {
    const watching = watch(on, forgetful.client);
    await cluster.waitFor('the first picture', async () => objects.size === 2);
    const back = await proxy.outage();
    await cluster.waitFor('the interruption', async () => told.includes('interrupted: unreachable'));
    await remove('goes');
    await make('new');
    forgetful.forget();
    await back();

    await cluster.waitFor('the second picture', async () => objects.has('new') && (await isTrue(objects)));
    expect([...objects.keys()].toSorted()).toEqual(['new', 'stays']);
    expect(told).not.toContain('DELETED goes');
    expect(told.filter((line) => /replaced|interrupted|resumed/.test(line))).toEqual([
      'replaced',
      'interrupted: unreachable',
      'resumed',
      'interrupted: conflict',
      'replaced',
    ]);
    await note('stays', 'and on');
    await cluster.waitFor('a change', async () => objects.get('stays')?.metadata.annotations?.['note'] === 'and on');
    await forgetful.client.close();
    expect(await watching).toBeUndefined();
  } finally {
    await forgetful.client.close();
    await forgetful.close();
  }
});

it('is refused with the rule that is missing', async () => {
  const { kubeconfig } = await cluster.serviceAccount(namespace, [
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] },
  ]);
  const limited = await connect(kubeconfig);
  const { told, on } = picture();
  await expect(watch(on, limited)).rejects.toMatchObject({
    reason: 'forbidden',
    message: `kubernetes real may not watch deployments.apps in namespace ${namespace}: its role lacks {apiGroups: ["apps"], resources: ["deployments"], verbs: ["watch"]}`,
  });
  expect(told).toEqual(['replaced']);
  await limited.close();
});
