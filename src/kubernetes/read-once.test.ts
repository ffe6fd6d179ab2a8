import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import { recordingWatcher } from '../../test/fakes/recording-watcher.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { confirmKubernetes } from './confirm.ts';
import { readOnce } from './read-once.ts';

let api: KubeApi;
let client: KubernetesClient;
beforeEach(async () => {
  api = await startKubeApi();
  client = readOnce(api.client);
});
afterEach(() => api.close());

const hash = '7d9c5b6f4d';
const letters = 'bcdfghjklmnpqrstvwxz';
const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `checkout-${hash}-xx${letters[Math.floor(at / 20)]}x${letters[at % 20]}`);
const put = (name: string, labels: Readonly<Record<string, string>> = { 'pod-template-hash': hash }) =>
  api.put('pods', { metadata: { name, namespace: 'shop', labels }, spec: { containers: [] } });
const get = (name: string) => client.get('pods', { namespace: 'shop', name });
const paths = () => api.requests.map(({ path }) => path.replace('/api/v1/namespaces/', ''));

describe('within one delivery', () => {
  it('equal reads are one, also of what is not there', async () => {
    put('a');
    const [one, same, none, again] = await Promise.all([get('a'), get('a'), get('b'), get('b')]);
    expect([one?.metadata.name, same, none, again]).toEqual(['a', one, undefined, undefined]);
    expect(paths()).toEqual(['shop/pods/a', 'shop/pods/b']);
  });

  it('equal lists are one, others are not', async () => {
    const list = (labelSelector?: string) =>
      client.list('pods', { namespace: 'shop', ...(labelSelector !== undefined && { labelSelector }) });
    await Promise.all([list(), list(), list('app=web'), list('app=web')]);
    expect(api.requests).toHaveLength(2);
  });

  it('pods of one ReplicaSet are one list, by the label that their names tell, from what the server remembers', async () => {
    for (const name of names(40)) put(name);
    put('checkout-6f7d8c9b5f-x2k9b', { 'pod-template-hash': '6f7d8c9b5f' });
    const found = await Promise.all(names(40).map(get));
    expect(found.map((pod) => pod?.metadata.name)).toEqual(names(40));
    expect(api.requests.map(({ query }) => [query['labelSelector'], query['resourceVersion']])).toEqual([
      [`pod-template-hash in (${hash})`, '0'],
    ]);
  });

  it('one that is not found by its name is read by itself', async () => {
    for (const name of names(2)) put(name);
    put(names(3).at(-1) ?? '', {});
    const found = await Promise.all(names(4).map(get));
    expect(found.map((pod) => pod?.metadata.name)).toEqual([...names(3), undefined]);
    expect(paths()).toEqual([
      'shop/pods',
      ...names(4)
        .slice(2)
        .map((name) => `shop/pods/${name}`),
    ]);
  });

  it('pods without kin are read by themselves', async () => {
    const strangers = ['a-7d9c5b6f4d-x2x9k', 'b-6f7d8c9b5f-x2x9k', 'web-0', 'backup-x2x9k', 'bare'];
    for (const name of strangers) put(name);
    await Promise.all(strangers.map(get));
    expect(paths()).toEqual(strangers.map((name) => `shop/pods/${name}`));
  });

  it('kin of one that was found later cost nothing more', async () => {
    for (const name of names(3)) put(name);
    await Promise.all(names(2).map(get));
    expect((await get(names(3).at(-1) ?? ''))?.metadata.name).toBe(names(3).at(-1));
    expect(paths()).toEqual(['shop/pods']);
  });

  it('the Deployments of a namespace are not listed, however many are asked for', async () => {
    const workloads = Array.from({ length: 40 }, (_, at) => `web-${at}`);
    for (const name of workloads) api.put('deployments.apps', { metadata: { name, namespace: 'shop' } });
    await Promise.all(workloads.map((name) => client.get('deployments.apps', { namespace: 'shop', name })));
    expect(api.requests.filter(({ path }) => path.endsWith('/deployments'))).toEqual([]);
    expect(api.requests).toHaveLength(40);
  });

  it('a list that is there answers at once', async () => {
    api.put('nodes', { metadata: { name: 'worker-1' } });
    await client.list('nodes', { namespace: '' });
    expect(await client.get('nodes', { namespace: '', name: 'worker-1' })).toMatchObject({
      metadata: { name: 'worker-1' },
    });
    expect(api.requests).toHaveLength(1);
  });

  it('names of another namespace do not count', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((namespace) => client.get('pods', { namespace, name: 'x' })));
    expect(api.requests).toHaveLength(4);
  });

  it('each is read by itself where we may not list', async () => {
    for (const name of names(5)) put(name);
    api.fault({ kind: '403', matches: ({ path }) => path.endsWith('/pods') });
    const found = await Promise.all(names(5).map(get));
    expect(found.map((pod) => pod?.metadata.name)).toEqual(names(5));
    expect(api.requests).toHaveLength(6);
  });

  it('a list that fails for now fails them all', async () => {
    api.fault({ kind: '500', times: 9, matches: ({ path }) => path.endsWith('/pods') });
    const ends = await Promise.allSettled(names(3).map(get));
    expect(ends).toEqual(
      ends.map(() => ({ status: 'rejected', reason: expect.objectContaining({ retryable: true }) })),
    );
  });

  it('tells of each answer, a refusal too, and not of a failure', async () => {
    let answers = 0;
    client = readOnce(api.client, () => (answers += 1));
    await get('a');
    expect(answers).toBe(1);
    api.fault({ kind: '403' });
    await expect(get('b')).rejects.toMatchObject({ reason: 'forbidden' });
    expect(answers).toBe(2);
    api.fault({ kind: '500', times: 9 });
    await expect(get('c')).rejects.toMatchObject({ retryable: true });
    expect(answers).toBe(2);
  });

  it('nothing is written', async () => {
    const { signal } = new AbortController();
    const place = { namespace: 'shop', name: 'a' };
    await expect(client.patch('pods', place, { merge: {} }, signal)).rejects.toThrow('only reads');
    await expect(client.evict(place, '1', signal)).rejects.toThrow('only reads');
    await expect(client.watch('pods', { namespace: 'shop' }, recordingWatcher(), signal)).rejects.toThrow('only reads');
    await expect(client.createJob('shop', { metadata: { name: 'a' }, spec: {} }, signal)).rejects.toThrow('only reads');
    expect(api.requests).toEqual([]);
  });
});

it('40 pods of one Deployment are confirmed by 2 reads', async () => {
  const labels = { app: 'checkout', 'pod-template-hash': hash };
  const controller = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: `checkout-${hash}`,
    uid: '1',
    controller: true,
  };
  api.put('deployments.apps', {
    metadata: { name: 'checkout', namespace: 'shop' },
    spec: { selector: { matchLabels: { app: 'checkout' } }, template: { spec: { containers: [] } } },
  });
  const pods = names(40);
  for (const name of pods) {
    const metadata = { name, namespace: 'shop', labels, ownerReferences: [controller] };
    api.put('pods', { metadata, spec: { containers: [] } });
  }
  const clients = { docker: new Map(), kubernetes: new Map([['prod', client]]) };
  const targets = await Promise.all(
    pods.map((name) => {
      const by = { namespace: 'shop', name };
      return confirmKubernetes({ kind: 'pod', platform: 'prod', by, phrase: name }, clients);
    }),
  );
  expect(new Set(targets.map((target) => 'key' in target && target.key))).toEqual(
    new Set(['kubernetes/prod/shop/deployment/checkout']),
  );
  expect(api.requests).toHaveLength(2);
});
