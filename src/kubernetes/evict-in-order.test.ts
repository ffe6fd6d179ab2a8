import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import { evictInOrder, type PinnedPod, type Turn } from './evict-in-order.ts';

let api: KubeApi;
beforeEach(async () => {
  api = await startKubeApi();
});
afterEach(() => api.close());

const never = new AbortController().signal;
const quick = { timeoutMs: 60_000, until: Infinity, pauseMs: 1 };
function pod(name: string, labels: Record<string, string> = {}): PinnedPod {
  const { metadata } = api.put('pods', { metadata: { name, namespace: 'shop', labels }, spec: { containers: [] } });
  return { namespace: 'shop', name, uid: metadata.uid };
}
const budget = (disruptionsAllowed: number) =>
  api.put('poddisruptionbudgets.policy', {
    metadata: { name: 'web-budget', namespace: 'shop' },
    spec: { selector: { matchLabels: { app: 'web' } } },
    status: { disruptionsAllowed, desiredHealthy: 2, currentHealthy: 2 },
  });
const evicted = (): readonly string[] => api.writes().map(({ path }) => path.split('/').at(-2) ?? '');
const isThere = (name: string): boolean => api.get('pods', { namespace: 'shop', name }) !== undefined;

describe('pods are evicted', () => {
  it('one after the other, and those that are gone passed over when it goes on', async () => {
    const pods = [pod('a'), pod('b')];
    api.remove('pods', { namespace: 'shop', name: 'a' });
    await evictInOrder(pods, api.client, quick, never);
    await evictInOrder(pods, api.client, quick, never);
    expect(evicted()).toEqual(['a', 'b', 'a', 'b']);
    expect(isThere('b')).toBe(false);
  });

  it('but not another pod that has taken the name', async () => {
    const old = pod('db-0');
    pod('db-0');
    await evictInOrder([{ ...old, uid: 'of-the-old-one' }], api.client, quick, never);
    expect(isThere('db-0')).toBe(true);
  });

  it('when their budget allows it at last, the others waiting behind', async () => {
    const pods = [pod('web-1', { app: 'web' }), pod('z')];
    budget(0);
    const seen: boolean[] = [];
    let asked = 0;
    const client = {
      ...api.client,
      evict: async (...of: Parameters<typeof api.client.evict>) => {
        asked += 1;
        if (asked === 3) budget(1);
        seen.push(isThere('z'));
        return api.client.evict(...of);
      },
    };
    await evictInOrder(pods, client, quick, never);
    expect(evicted()).toEqual(['web-1', 'web-1', 'web-1', 'z']);
    expect(seen).toEqual([true, true, true, true]);
    expect(isThere('web-1')).toBe(false);
  });
});

describe('whoever asks for the turn of a pod is asked before each eviction', () => {
  const pods = () => [pod('a'), pod('b'), pod('c')];

  it('and again until it has come, the gone ones passed over', async () => {
    const answers: Record<string, Turn[]> = { a: ['go'], b: ['gone'], c: [{ waitsFor: 'x' }, { waitsFor: 'x' }, 'go'] };
    await evictInOrder(pods(), api.client, quick, never, async ({ name }) => answers[name]?.shift() ?? 'gone');
    expect(evicted()).toEqual(['a', 'c']);
    expect(Object.values(answers).flat()).toEqual([]);
  });

  it('and nothing more is evicted once it says stop', async () => {
    const turnOf = async ({ name }: PinnedPod): Promise<Turn> => (name === 'a' ? 'go' : { stop: 'it is well by now' });
    await expect(evictInOrder(pods(), api.client, quick, never, turnOf)).rejects.toMatchObject({
      message: '1 of 3 pods were evicted, then: it is well by now',
      reason: 'conflict',
      retryable: false,
    });
    expect(evicted()).toEqual(['a']);
  });

  it('but not for longer than there is time', async () => {
    const patience = { timeoutMs: 20, until: Date.now() + 2_000, pauseMs: 20 };
    const turnOf = async (): Promise<Turn> => ({ waitsFor: '2 of them are well' });
    await expect(evictInOrder(pods(), api.client, patience, never, turnOf)).rejects.toMatchObject({
      message: '0 of 3 pods were evicted within 20ms, then shop/a was blocked: 2 of them are well',
      reason: 'conflict',
      retryable: false,
    });
    expect(evicted()).toEqual([]);
  });
});

describe('a budget that does not allow it', () => {
  it('is named when the time is over, and nothing behind it was evicted', async () => {
    const pods = [pod('a'), pod('web-1', { app: 'web' }), pod('z')];
    budget(0);
    const patience = { timeoutMs: 20, until: Date.now() + 3_000, pauseMs: 20 };
    await expect(evictInOrder(pods, api.client, patience, never)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^1 of 3 pods were evicted within 20ms, then shop\/web-1 was blocked: .*web-budget/,
      ),
      reason: 'conflict',
      retryable: false,
    });
    expect([isThere('a'), isThere('web-1'), isThere('z')]).toEqual([false, true, true]);
  });

  it('has no more time in a later try than was left in the first one', async () => {
    const pods = [pod('a'), pod('b')];
    const patience = { timeoutMs: 300_000, until: Date.now() - 1, pauseMs: 1 };
    await expect(evictInOrder(pods, api.client, patience, never)).rejects.toMatchObject({
      message: 'its time of 5m was over before shop/a was evicted',
      reason: 'conflict',
      retryable: false,
    });
    expect(evicted()).toEqual([]);
  });

  it('is not waited for when we are told to stop', async () => {
    const pods = [pod('web-1', { app: 'web' })];
    budget(0);
    const stop = new AbortController();
    const evicting = evictInOrder(
      pods,
      { ...api.client, evict: async () => (stop.abort(), { blockedBy: 'x' }) },
      { timeoutMs: 600_000, until: Infinity, pauseMs: 300_000 },
      stop.signal,
    );
    await expect(evicting).rejects.toMatchObject({ name: 'ActionError', reason: 'aborted' });
  });
});

it('a failure of the API is passed on, to be tried again', async () => {
  const pods = [pod('a'), pod('b')];
  api.fault({ kind: '500', matches: ({ path }) => path.includes('/b/') });
  await expect(evictInOrder(pods, api.client, quick, never)).rejects.toMatchObject({
    reason: 'server-error',
    retryable: true,
  });
  await evictInOrder(pods, api.client, quick, never);
  expect([isThere('a'), isThere('b')]).toEqual([false, false]);
});
