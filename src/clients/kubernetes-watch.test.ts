import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure, noSuchResource, notFoundPage } from '../../test/fakes/kube-answers.ts';
import { kubeconfigOf } from '../../test/fakes/kube-api.ts';
import { bookmark, pod, startKubeWatchApi, type KubeWatchApi } from '../../test/fakes/kube-watch-api.ts';
import { recordingWatcher, type RecordingWatcher } from '../../test/fakes/recording-watcher.ts';
import { ActionError } from '../domain/errors.ts';
import type { ListOptions, Watcher } from '../domain/kubernetes-client.ts';

let api: KubeWatchApi;
let controller: AbortController;
let told: RecordingWatcher<'pods'>;

beforeEach(async () => {
  api = await startKubeWatchApi();
  controller = new AbortController();
  told = recordingWatcher();
});
afterEach(async () => {
  controller.abort();
  await api.close();
});

const watch = (options: Partial<ListOptions> = {}, on: Watcher<'pods'> = told) =>
  api.client.watch('pods', { namespace: 'shop', ...options }, on, controller.signal);

/** Listed at version 10, and the stream is open. */
async function opened() {
  (await api.next()).list(['a'], '10');
  const stream = await api.next();
  stream.open();
  expect(await told.next()).toBe('replaced: a');
  return stream;
}
const rejection = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => new Error('it resolved'),
    (error: unknown) => error,
  );
const cannot = (verb: string) =>
  failure(403, 'Forbidden', `pods is forbidden: User "p" cannot ${verb} resource "pods" in API group ""`, {});

describe('a watch', () => {
  it('tells what there is, and each change from there on', async () => {
    const watching = watch();
    const list = await api.next();
    expect([list.path, list.query]).toEqual(['/api/v1/namespaces/shop/pods', { limit: '500' }]);
    list.list(['a'], '10', 'page-2');
    (await api.next()).list(['b'], '10');
    expect(await told.next()).toBe('replaced: a, b');
    const stream = await api.next();
    expect(stream.path).toBe('/api/v1/namespaces/shop/pods');
    expect(stream.query).toEqual({
      watch: 'true',
      resourceVersion: '10',
      allowWatchBookmarks: 'true',
      timeoutSeconds: expect.stringMatching(/^([345]\d\d|600)$/),
    });
    stream.open();
    stream.tell('ADDED', pod('c', '11'));
    stream.tell('MODIFIED', pod('a', '12'));
    stream.tell('BOOKMARK', bookmark('13'));
    stream.tell('DELETED', pod('b', '14'));
    expect([await told.next(), await told.next(), await told.next()]).toEqual(['ADDED c', 'MODIFIED a', 'DELETED b']);
    controller.abort();
    expect(await watching).toBeUndefined();
    await stream.closed;
    expect(told.left).toEqual([]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('of all namespaces, with selectors, asks both times for these', async () => {
    void watch({ namespace: '', labelSelector: 'app in (a,b)', fieldSelector: 'spec.nodeName=worker-1' });
    const list = await api.next();
    list.list([], '10');
    for (const { path, query } of [list, await api.next()]) {
      expect(path).toBe('/api/v1/pods');
      expect(query).toMatchObject({ labelSelector: 'app in (a,b)', fieldSelector: 'spec.nodeName=worker-1' });
    }
  });

  it('begins with what the API server remembers, and does not go back to that later', async () => {
    void watch({ cached: true });
    const first = await api.next();
    expect(first.query['resourceVersion']).toBe('0');
    first.list([], '10');
    (await api.next()).answer(failure(410, 'Expired', 'too old resource version: 10 (20)'));
    expect((await api.next()).query).toEqual({ limit: '500' });
  });

  it('hears of an object of several megabytes whose characters come in halves', async () => {
    const seen: string[] = [];
    void watch({}, { ...told, changed: ({ object }) => void seen.push(object.metadata.labels?.['note'] ?? '') });
    const stream = await opened();
    const note = 'ä€😀'.repeat(300_000);
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: pod('big', '11', { note }) })}\n`);
    for (let from = 0; from < line.length; from += 65_537) stream.write(line.subarray(from, from + 65_537));
    stream.tell('ERROR', failure(410, 'Expired', 'too old').body as object);
    expect(await told.next()).toBe('interrupted: conflict');
    expect(seen).toEqual([note]);
  });

  it('takes no connection from the requests', async () => {
    for (let index = 0; index < 12; index += 1) {
      void watch();
      await opened();
    }
    const got = api.client.get('pods', { namespace: 'shop', name: 'a' });
    (await api.next()).answer({ status: 200, body: pod('a', '1') });
    expect((await got)?.metadata.name).toBe('a');
  });

  it('keeps no process from ending, neither while it listens nor while it waits', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const keeping = () => [
      ...timers.mock.results
        .filter(({ value }) => value.hasRef() && !cleared.mock.calls.some(([timer]) => timer === value))
        .map(() => 'a timer'),
      ...process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP') || kind.startsWith('TLS')),
    ];
    void watch();
    const stream = await opened();
    stream.tell('ADDED', pod('b', '11'));
    await told.next();
    expect(keeping()).toEqual([]);
    stream.cut();
    expect(await told.next()).toBe('interrupted: unreachable');
    await stream.closed;
    expect(keeping()).toEqual([]);
    vi.restoreAllMocks();
  });

  it('ends when its client is closed', async () => {
    const watching = watch();
    const stream = await opened();
    await api.client.close();
    expect(await watching).toBeUndefined();
    await stream.closed;
  });

  it.each(['before it begins', 'while it lists', 'while it opens', 'while it waits'])('ends %s', async (when) => {
    if (when === 'before it begins') controller.abort();
    const watching = watch();
    if (when !== 'before it begins') {
      const list = await api.next();
      if (when === 'while it opens') {
        list.list([], '10');
        await api.next();
      } else if (when === 'while it waits') {
        list.answer(failure(500, 'InternalError', 'no'), { 'retry-after': '200' });
        await told.next();
      }
      controller.abort();
    }
    expect(await watching).toBeUndefined();
    expect(api.left).toEqual([]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('tells nothing more once it is ended in the middle of what has come', async () => {
    const names: string[] = [];
    const changed: Watcher<'pods'>['changed'] = ({ object }) => {
      names.push(object.metadata.name);
      controller.abort();
    };
    const watching = watch({}, { ...told, changed });
    const stream = await opened();
    const lines = ['b', 'c'].map((name) => JSON.stringify({ type: 'ADDED', object: pod(name, '11') }));
    stream.write(`${lines.join('\n')}\n`);
    await watching;
    expect(names).toEqual(['b']);
  });

  it('rejects with what its watcher throws, and lets go of the connection', async () => {
    const bug = new Error('a bug of ours');
    const changed = (): void => {
      throw bug;
    };
    const watching = rejection(watch({}, { ...told, changed }));
    const stream = await opened();
    stream.tell('ADDED', pod('b', '11'));
    expect(await watching).toBe(bug);
    await stream.closed;
  });
});

describe('what time does not mend', () => {
  it.each(['list', 'watch'])('is told with the rule that is missing: %s', async (verb) => {
    const watching = rejection(watch());
    if (verb === 'watch') (await api.next()).list([], '10');
    (await api.next()).answer(cannot(verb));
    const error = await watching;
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({
      reason: 'forbidden',
      message: `kubernetes prod may not ${verb} pods in namespace shop: its role lacks {apiGroups: [""], resources: ["pods"], verbs: ["${verb}"]}`,
    });
  });

  it('is a request that makes no sense', async () => {
    const watching = rejection(watch({ labelSelector: '((' }));
    (await api.next()).answer(failure(400, 'BadRequest', 'unable to parse requirement'));
    expect(await watching).toMatchObject({ reason: 'bad-request' });
  });
});

describe('credentials that are old', () => {
  it('are read again, once', async () => {
    const watching = rejection(watch());
    (await api.next()).list([], '10');
    writeFileSync(api.kubeconfig, kubeconfigOf(api.url, 'new-token'));
    const refused = await api.next();
    refused.answer(failure(401, 'Unauthorized', 'Unauthorized'));
    const again = await api.next();
    const bearers = [refused, again].map(({ headers }) => headers.authorization);
    expect(bearers).toEqual(['Bearer kube-token', 'Bearer new-token']);
    again.answer(failure(401, 'Unauthorized', 'Unauthorized'));
    expect(await watching).toMatchObject({ reason: 'forbidden' });
    expect(told.left).toEqual(['replaced: ']);
  });
});

describe('a resource that the cluster may not have', () => {
  const keda = recordingWatcher<'scaledobjects.keda.sh'>();
  const groups = (...names: readonly string[]) => ({
    status: 200,
    body: { kind: 'APIGroupList', groups: names.map((name) => ({ name })) },
  });

  it('is empty; and when it goes away meanwhile it is listed anew', async () => {
    void api.client.watch('scaledobjects.keda.sh', { namespace: 'shop' }, keda, controller.signal);
    const scaled = { kind: 'ScaledObjectList', metadata: { resourceVersion: '10' }, items: [] };
    (await api.next()).answer({ status: 200, body: scaled });
    expect(await keda.next()).toBe('replaced: ');
    const stream = await api.next();
    expect(stream.query['resourceVersion']).toBe('10');
    stream.answer(noSuchResource);
    expect(await keda.next()).toBe('interrupted: server-error');
    const list = await api.next();
    expect(list.query).toEqual({ limit: '500' });
    list.answer(notFoundPage);
    (await api.next()).answer(groups('apps'));
    expect(await keda.next()).toBe('replaced: ');
    expect(keda.left).toEqual([]);
  });
});
