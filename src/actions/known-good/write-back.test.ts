import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { quota, settings, web } from '../../../test/fakes/remembered.ts';
import type { Restoration } from './put-back.ts';
import { isRestored, restore, takeBack } from './write-back.ts';

const { signal } = new AbortController();
let shop: Shop;
beforeEach(async () => {
  shop = await startPutBackShop();
});
afterEach(() => shop.close());
const put = (one: Restoration) => restore(one, shop.clients, signal);
const back = (one: Restoration) => takeBack(one, shop.clients, signal);
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no refusal',
    (error: unknown) => error,
  );
/** All of it but what the API counts. */
function whole(key: string): unknown {
  const { metadata, ...rest } = shop.get(key) ?? { metadata: undefined };
  const { resourceVersion: _, managedFields: _fields, generation: _generation, ...meta } = { ...metadata };
  return { ...rest, meta };
}
const isConflict = (message: string) => expect.objectContaining({ message, reason: 'conflict', retryable: false });

describe('an object that was changed', () => {
  let one: Restoration;
  const bad = {
    data: { MODE: 'broken', COLOR: 'red' },
    metadata: { annotations: { 'deployment.kubernetes.io/x': '1' } },
  };
  beforeEach(() => {
    const to = shop.write(settings, { data: { MODE: 'ok', COLOR: 'blue' } });
    const from = shop.write(settings, bad, 'kubectl-edit');
    one = shop.restoration(settings, from, to, '/data/MODE');
  });

  it('becomes what it was, as far as the paths tell, in one write that says which version it is for', async () => {
    const { uid, resourceVersion } = shop.get(settings)?.metadata ?? {};
    expect(await isRestored(one, shop.clients)).toBe(false);
    await put(one);
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'ok', COLOR: 'red' } });
    expect(shop.api.writes().map(({ body }) => body)).toEqual([
      [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'replace', path: '/data/MODE', value: 'ok' },
      ],
    ]);
    expect(await isRestored(one, shop.clients)).toBe(true);
  });

  it('is written once, however often it is put back, and taken back once', async () => {
    const before = whole(settings);
    await put(one);
    await put(one);
    expect(shop.writes()).toEqual(['PATCH settings']);
    await back(one);
    await back(one);
    expect(shop.writes()).toEqual(['PATCH settings', 'PATCH settings']);
    expect(whole(settings)).toEqual(before);
  });

  it('is written on top of what else was written in between', async () => {
    shop.api.fault({ kind: '409', times: 2, matches: ({ method }) => method === 'PATCH' });
    await put(one);
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'ok' } });
    expect(shop.writes()).toHaveLength(3);
  });

  it('is given up after five that came in between', async () => {
    shop.api.fault({ kind: '409', times: 9, matches: ({ method }) => method === 'PATCH' });
    expect(await refusal(put(one))).toMatchObject({ reason: 'conflict' });
    expect(shop.writes()).toHaveLength(5);
  });

  it('stays, when somebody has changed it meanwhile, who is named', async () => {
    shop.write(settings, { data: { MODE: 'other', COLOR: 'red' } }, 'kubectl-patch');
    expect(await refusal(put(one))).toEqual(
      isConflict('configmap shop/settings was changed meanwhile (kubectl-patch): it is not put back'),
    );
    expect(shop.writes()).toEqual([]);
  });

  it('stays, when somebody comes in between the look and the write', async () => {
    let met = false;
    shop.api.fault({
      kind: '409',
      matches: ({ method }) => {
        if (method !== 'PATCH' || met) return false;
        met = true;
        shop.write(settings, { data: { MODE: 'other', COLOR: 'red' } }, 'kubectl-patch');
        return true;
      },
    });
    expect(await refusal(put(one))).toMatchObject({ message: expect.stringContaining('changed meanwhile') });
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'other' } });
  });

  it('stays as it is when it is gone, or another one by now', async () => {
    shop.remove(settings);
    expect(await refusal(put(one))).toEqual(isConflict('configmap shop/settings is gone by now'));
    await back(one);
    shop.api.put('configmaps', {
      metadata: { namespace: 'shop', name: 'settings', uid: 'other' },
      data: bad.data,
    });
    expect(await refusal(put(one))).toEqual(
      isConflict('configmap shop/settings was made anew meanwhile: it is not put back'),
    );
    expect(shop.writes()).toEqual([]);
  });

  it('is not taken back when somebody else made it what it was', async () => {
    shop.write(settings, { data: { MODE: 'ok', COLOR: 'red' } }, 'kubectl-patch');
    await put(one);
    await back(one);
    expect(shop.writes()).toEqual([]);
  });

  it('is not taken back when somebody has changed it since', async () => {
    await put(one);
    shop.write(settings, { data: { MODE: 'other', COLOR: 'red' } }, 'kubectl-patch');
    await back(one);
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'other' } });
    expect(shop.writes()).toEqual(['PATCH settings']);
  });

  it('is not touched when how it was is not kept any more', async () => {
    shop.forget(settings, one.to);
    expect(await refusal(put(one))).toMatchObject({
      message: 'how configmap shop/settings was is not kept any more',
      reason: 'not-found',
    });
    expect(shop.writes()).toEqual([]);
  });

  it('is not touched by what is aborted', async () => {
    await expect(restore(one, shop.clients, AbortSignal.abort())).rejects.toThrow();
    expect(shop.writes()).toEqual([]);
  });
});

describe('an object that is gone', () => {
  let one: Restoration;
  const data = { MODE: 'ok' };
  beforeEach(() => {
    const to = shop.write(settings, { data, metadata: { labels: { app: 'web' } } });
    shop.remove(settings);
    one = shop.restoration(settings, '', to, '');
  });

  it('is made anew, once, and taken back, once', async () => {
    await put(one);
    await put(one);
    expect(shop.get(settings)).toMatchObject({ data, metadata: { labels: { app: 'web' }, namespace: 'shop' } });
    expect(await isRestored(one, shop.clients)).toBe(true);
    await back(one);
    await back(one);
    expect(shop.get(settings)).toBeUndefined();
    expect(shop.writes()).toEqual(['POST settings', 'DELETE settings']);
  });

  it('is left to whoever has made another one', async () => {
    shop.write(settings, { data: { MODE: 'other' } }, 'kubectl-create');
    expect(await refusal(put(one))).toMatchObject({ message: expect.stringContaining('(kubectl-create)') });
    await back(one);
    expect(shop.writes()).toEqual([]);
  });

  it('is left to whoever has made it as it was', async () => {
    shop.write(settings, { data, metadata: { labels: { app: 'web' } } }, 'kubectl-create');
    await put(one);
    await back(one);
    expect(shop.writes()).toEqual([]);
  });

  it('stays when it was changed after it was made anew', async () => {
    await put(one);
    shop.write(settings, { data: { MODE: 'other' }, metadata: { labels: { app: 'web' } } }, 'kubectl-patch');
    await back(one);
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'other' } });
  });

  it('stays when something was added to it by anybody but the platform', async () => {
    await put(one);
    const made = { data, metadata: { labels: { app: 'web' } } };
    shop.write(settings, { ...made, immutable: true }, 'kube-controller-manager');
    shop.write(settings, { data: { ...data, MORE: '1' }, metadata: { labels: { app: 'web' } } }, 'kubectl-patch');
    await back(one);
    expect(shop.get(settings)).toBeDefined();
  });

  it('counts as made anew with what the API, or its controllers, have added', async () => {
    const spec = {
      replicas: undefined,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [] } },
    };
    const to = shop.write(web, { spec });
    shop.remove(web);
    const workload = shop.restoration(web, '', to, '');
    await put(workload);
    shop.write(web, { spec: { ...spec, replicas: 1 } }, 'paramedic');
    expect(await isRestored(workload, shop.clients)).toBe(true);
    await put(workload);
    expect(shop.writes()).toEqual(['POST web']);
    await back(workload);
    expect(shop.get(web)).toBeUndefined();
  });
});

describe('an object that appeared', () => {
  let one: Restoration;
  beforeEach(() => {
    one = shop.restoration(quota, shop.write(quota, { spec: { hard: { pods: '0' } } }), '', '');
  });

  it('is deleted, once, that very one, and made anew by the way back', async () => {
    const before = shop.content(quota);
    const { uid } = shop.get(quota)?.metadata ?? {};
    await put(one);
    await put(one);
    expect(shop.get(quota)).toBeUndefined();
    expect(shop.api.writes().map(({ body }) => body)).toEqual([expect.objectContaining({ preconditions: { uid } })]);
    await back(one);
    await back(one);
    expect(shop.content(quota)).toEqual(before);
    expect(shop.writes()).toEqual(['DELETE block', 'POST block']);
  });

  it('stays when it was changed meanwhile', async () => {
    shop.write(quota, { spec: { hard: { pods: '9' } } }, 'kubectl-edit');
    expect(await refusal(put(one))).toMatchObject({ message: expect.stringContaining('(kubectl-edit)') });
    await back(one);
    expect(shop.writes()).toEqual([]);
  });
});

describe('webhooks that appeared', () => {
  const key = 'kubernetes/prod/validatingwebhookconfiguration/policy';
  const hook = (name: string, failurePolicy: string, more = {}) => ({
    name,
    failurePolicy,
    clientConfig: { service: { namespace: 'policy', name: 'webhook' } },
    ...more,
  });
  let one: Restoration;
  beforeEach(() => {
    const from = shop.write(key, {
      webhooks: [hook('a.example', 'Fail', { timeoutSeconds: 5 }), hook('b.example', 'Ignore')],
    });
    one = { ...shop.restoration(key, from, '', ''), failOpen: true };
  });
  const policies = (): unknown => {
    const webhooks = shop.get(key)?.['webhooks'];
    return Array.isArray(webhooks) ? webhooks.map(({ failurePolicy }) => failurePolicy) : webhooks;
  };

  it('let pass what they do not answer for, once, and go back to what they were', async () => {
    const before = whole(key);
    expect(await isRestored(one, shop.clients)).toBe(false);
    await put(one);
    await put(one);
    expect(policies()).toEqual(['Ignore', 'Ignore']);
    expect(await isRestored(one, shop.clients)).toBe(true);
    await back(one);
    await back(one);
    expect(whole(key)).toEqual(before);
    expect(shop.writes()).toEqual(['PATCH policy', 'PATCH policy']);
  });

  it('stay when somebody has changed them meanwhile', async () => {
    shop.remove(key);
    expect(await refusal(put(one))).toEqual(isConflict('validatingwebhookconfiguration policy is gone by now'));
    expect(shop.writes()).toEqual([]);
  });
});
