import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kubeconfigOf, startKubeApi, type KubeApi, type KubeFault } from '../../test/fakes/kube-api.ts';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';

let api: KubeApi;
let client: KubernetesClient;
const { signal } = new AbortController();
const web = { namespace: 'shop', name: 'web' };

beforeEach(async () => {
  api = await startKubeApi();
  client = api.client;
  api.put('deployments.apps', { metadata: web, spec: { replicas: 1 } });
});
afterEach(async () => {
  vi.useRealTimers();
  await api.close();
});

async function failure(promise: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ActionError) return error;
  throw error;
}
const get = () => client.get('deployments.apps', web);
const list = () => client.list('deployments.apps', { namespace: 'shop' });
const patch = (abort = signal) => client.patch('deployments.apps', web, { merge: { spec: { replicas: 2 } } }, abort);

/** The deadlines pass as soon as `asked` requests have come. */
async function pass(seconds: number, promise: Promise<unknown>): Promise<ActionError> {
  const failed = failure(promise);
  await turnsUntil(() => api.requests.length > 0);
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  return await failed;
}
/** By the turns of the event loop: `vi.waitUntil` would move the clock. */
async function turnsUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => void setImmediate(resolve));
}
const stopTheClock = (): void => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });

describe('a failure', () => {
  it.each<[KubeFault['kind'], string, boolean]>([
    ['401', 'forbidden', false],
    ['403', 'forbidden', false],
    ['409', 'conflict', false],
    ['500', 'server-error', true],
    ['503', 'server-error', true],
    ['page', 'server-error', true],
    ['starting', 'server-error', true],
    ['half', 'unreachable', true],
    ['reset', 'unreachable', true],
  ])('%s is %s', async (kind, reason, retryable) => {
    api.fault({ kind, times: 9 });
    for (const request of [get, list, patch]) {
      const error = await failure(request());
      expect([error.reason, error.retryable]).toEqual([reason, retryable]);
      expect(error.message).toMatch(/kubernetes prod .*(get|list|patch) deployments\.apps/);
    }
    expect(api.writes()).toHaveLength(1);
  });

  it('of the role names the rule that is missing', async () => {
    api.fault({ kind: '403', times: 9 });
    const told = async (promise: Promise<unknown>) => (await failure(promise)).message;
    expect(await told(patch())).toBe(
      'kubernetes prod may not patch deployments.apps in namespace shop: its role lacks {apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}',
    );
    expect(await told(client.list('pods', { namespace: '' }))).toBe(
      'kubernetes prod may not list pods in all namespaces: its role lacks {apiGroups: [""], resources: ["pods"], verbs: ["list"]}',
    );
    expect(await told(client.get('nodes', { namespace: '', name: 'a' }))).toBe(
      'kubernetes prod may not get nodes: its role lacks {apiGroups: [""], resources: ["nodes"], verbs: ["get"]}',
    );
    expect(await told(client.evict(web, 'x', signal))).toContain(
      'may not create pods/eviction in namespace shop: its role lacks {apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"]}',
    );
  });

  it('in the middle of a list of pages is no shorter list', async () => {
    for (let index = 0; index < 501; index += 1)
      api.put('pods', { metadata: { namespace: 'shop', name: `p-${index}` } });
    api.fault({ kind: '500', matches: ({ query }) => 'continue' in query });
    expect((await failure(client.list('pods', { namespace: 'shop' }))).reason).toBe('server-error');
  });

  it('of the pages, which have become too old, begins the list again', async () => {
    for (let index = 0; index < 501; index += 1)
      api.put('pods', { metadata: { namespace: 'shop', name: `p-${index}` } });
    api.fault({ kind: '410', matches: ({ query }) => 'continue' in query });
    const items = await client.list('pods', { namespace: 'shop' });
    expect([items.length, new Set(items.map(({ metadata }) => metadata.name)).size]).toEqual([501, 501]);
    expect(api.requests.map(({ query }) => 'continue' in query)).toEqual([false, true, false, true]);
  });

  it('of a proxy that knows no path does not say that KEDA is not there', async () => {
    api.fault({ kind: 'page', times: 9 });
    expect((await failure(client.list('scaledobjects.keda.sh', { namespace: 'shop' }))).reason).toBe('server-error');
  });

  it.each(['500', 'page'] as const)('of Secrets quotes nothing of what was answered: %s', async (kind) => {
    api.fault({ kind, times: 9 });
    const error = await failure(client.get('secrets', { namespace: 'shop', name: 'login' }));
    api.fault({ kind, times: 9 });
    const other = await failure(client.get('configmaps', { namespace: 'shop', name: 'login' }));
    const shown = (message: string) => message.replace(/^.*\(get [^)]*\)|^.*HTTP \d+: /, '');
    expect(shown(error.message)).not.toBe(shown(other.message));
    expect(error.message).toContain('what it said is not shown, because it is about Secrets');
  });

  it('of the connection names the address', async () => {
    const { url } = api;
    await api.close();
    const error = await failure(get());
    expect([error.reason, error.retryable]).toEqual(['unreachable', true]);
    expect(error.message).toContain(`kubernetes prod at ${url} can not be reached (get deployments.apps shop/web): `);
    api = await startKubeApi();
  });

  it('after the effect leaves the effect, and one request', async () => {
    api.fault({ kind: 'reset', afterEffect: true });
    expect((await failure(patch())).reason).toBe('unreachable');
    expect(api.get('deployments.apps', web)?.spec.replicas).toBe(2);
    expect(api.writes()).toHaveLength(1);
  });
});

describe('a kept connection that is closed meanwhile', () => {
  it('is no failure of a read, and one of a write', async () => {
    await get();
    api.fault({ kind: 'reset' });
    expect(await get()).toBeDefined();
    api.fault({ kind: 'reset' });
    expect((await failure(patch())).reason).toBe('unreachable');
    expect(api.writes()).toHaveLength(1);
  });
});

describe('an API that hangs', () => {
  it('holds up as many requests as it likes without a warning, and none of them is left over', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const controller = new AbortController();
    api.fault({ kind: 'hang', times: 8 });
    const all = Array.from({ length: 20 }, () => failure(client.get('deployments.apps', web, controller.signal)));
    await turnsUntil(() => api.requests.length === 8);
    controller.abort();
    expect((await Promise.all(all)).every(({ reason }) => reason === 'aborted')).toBe(true);
    await get();
    process.off('warning', warn);
    expect(warnings).toEqual([]);
    expect(api.requests).toHaveLength(9);
  });

  it.each([
    ['get', get, 5],
    ['patch', patch, 5],
    ['list', list, 15],
  ] as const)('is given up: %s', async (verb, request, seconds) => {
    api.fault({ kind: 'hang' });
    stopTheClock();
    const error = await pass(seconds, request());
    expect([error.reason, error.retryable]).toEqual(['timeout', true]);
    expect(error.message).toContain(`did not answer within ${seconds} s (${verb} deployments.apps`);
    expect(api.requests).toHaveLength(1);
  });

  it('is given up by whoever asked', async () => {
    api.fault({ kind: 'hang' });
    const controller = new AbortController();
    const failed = failure(patch(controller.signal));
    await vi.waitUntil(() => api.requests.length === 1, 30_000);
    controller.abort();
    expect((await failed).reason).toBe('aborted');
    expect((await failure(patch(AbortSignal.abort()))).reason).toBe('aborted');
    expect(api.requests).toHaveLength(1);
  });
});

describe('429', () => {
  it('is waited for and asked again, as long as the API wants', async () => {
    api.fault({ kind: '429', times: 2, retryAfterS: 2 });
    stopTheClock();
    const asked = get();
    // The deadline, and the pause: the first answer is there.
    await turnsUntil(() => vi.getTimerCount() === 2);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(vi.getTimerCount()).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(1);
    await turnsUntil(() => vi.getTimerCount() === 2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await asked).toBeDefined();
    expect(api.requests).toHaveLength(3);
  });

  it('that lasts longer than we have is told at once', async () => {
    api.fault({ kind: '429', retryAfterS: 6 });
    const error = await failure(get());
    expect([error.reason, error.retryable]).toEqual(['rate-limited', true]);
  });

  it('of a write is told', async () => {
    api.fault({ kind: '429', retryAfterS: 1 });
    expect((await failure(patch())).reason).toBe('rate-limited');
    expect(api.writes()).toHaveLength(1);
  });
});

describe('credentials that are old', () => {
  it('are read again', async () => {
    await get();
    writeFileSync(api.kubeconfig, kubeconfigOf(api.url, 'new-token'));
    api.fault({ kind: '401' });
    expect(await get()).toBeDefined();
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer kube-token',
      'Bearer kube-token',
      'Bearer new-token',
    ]);
  });

  it('do not repeat a write, but serve the next one', async () => {
    writeFileSync(api.kubeconfig, kubeconfigOf(api.url, 'new-token'));
    api.fault({ kind: '401' });
    expect((await failure(patch())).message).toContain('does not accept our credentials');
    expect(api.writes()).toHaveLength(1);
    await patch();
    expect(api.writes()[1]?.headers.authorization).toBe('Bearer new-token');
  });
});
