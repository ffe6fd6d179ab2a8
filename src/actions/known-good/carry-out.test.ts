import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { putDeployment, putPod, putReplicaSet } from '../../../test/fakes/put-back-pods.ts';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { settings, web } from '../../../test/fakes/remembered.ts';
import type { ActionError } from '../../domain/errors.ts';
import { putAllBack, settled, takeAllBack } from './carry-out.ts';
import type { PutBack, Restoration } from './put-back.ts';
import { writtenAt } from './written-at.ts';

const { signal } = new AbortController();
const service = 'kubernetes/prod/shop/service/web';
const spec = (image: string) => ({
  replicas: 2,
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } },
});
let shop: Shop;
let both: readonly [Restoration, Restoration];
beforeEach(async () => {
  shop = await startPutBackShop();
  const good = shop.write(settings, { data: { MODE: 'ok' } });
  const goodPort = shop.write(service, { spec: { ports: [{ port: 80 }] } });
  shop.stamp(web);
  const bad = shop.write(settings, { data: { MODE: 'broken' } }, 'kubectl-edit');
  const badPort = shop.write(service, { spec: { ports: [{ port: 81 }] } }, 'kubectl-edit');
  both = [
    shop.restoration(settings, bad, good, '/data/MODE'),
    shop.restoration(service, badPort, goodPort, '/spec/ports'),
  ];
});
afterEach(() => shop.close());

const pinned = (more: Partial<PutBack> = {}): PutBack => ({
  target: web,
  knownGood: 'k1',
  failed: '',
  restorations: [...both],
  nudge: false,
  renewal: { by: 'nothing' },
  ...more,
});
const apply = (more?: Partial<PutBack>) => putAllBack(pinned(more), shop.clients, signal);
const undo = (more?: Partial<PutBack>) => takeAllBack(pinned(more), shop.clients, signal);
const state = (more?: Partial<PutBack>) => settled(pinned(more), shop.clients);
const there = () => [shop.get(settings)?.['data'], shop.get(service)?.['spec']];
const wellBefore = [{ MODE: 'ok' }, { ports: [{ port: 80 }] }];
const illBefore = [{ MODE: 'broken' }, { ports: [{ port: 81 }] }];

describe('all of it', () => {
  it('is put back in order, once, and taken back the other way round, once', async () => {
    await apply();
    await apply();
    expect(there()).toEqual(wellBefore);
    await undo();
    await undo();
    expect(there()).toEqual(illBefore);
    expect(shop.writes()).toEqual(['PATCH settings', 'PATCH web', 'PATCH web', 'PATCH settings']);
  });

  it('says of the known-good that was there that it has failed, where one was', async () => {
    await apply();
    expect(shop.demoted).toEqual([]);
    await apply({ failed: 'k2' });
    expect(shop.demoted).toEqual(['k2']);
  });

  it('is an error when the second was changed meanwhile, and the way back takes the first back', async () => {
    shop.write(service, { spec: { ports: [{ port: 82 }] } }, 'kubectl-edit');
    await expect(apply()).rejects.toMatchObject({ reason: 'conflict' });
    expect(there()[0]).toEqual({ MODE: 'ok' });
    await undo();
    expect(there()).toEqual([{ MODE: 'broken' }, { ports: [{ port: 82 }] }]);
    expect(shop.writes()).toEqual(['PATCH settings', 'PATCH settings']);
  });

  it('is an error when how the second was is not kept any more, and the way back takes the first back', async () => {
    shop.forget(service, both[1].to);
    await expect(apply()).rejects.toMatchObject({ reason: 'not-found' });
    await undo();
    expect(there()).toEqual(illBefore);
  });

  it('is not said to be taken back when what it was before is forgotten meanwhile', async () => {
    await apply();
    shop.forget(service, both[1].from);
    await expect(undo()).rejects.toMatchObject({ reason: 'not-found' });
    expect(there()).toEqual([{ MODE: 'broken' }, { ports: [{ port: 80 }] }]);
  });

  it('is taken back as far as it can be, and what could not be is said', async () => {
    await apply();
    shop.api.fault({
      kind: '403',
      times: 9,
      matches: ({ method, path }) => method === 'PATCH' && path.includes('services'),
    });
    await expect(undo()).rejects.toMatchObject({ reason: 'forbidden' });
    expect(there()[0]).toEqual({ MODE: 'broken' });
  });

  it('is not left half done by a platform that is away for a moment: that is asked again', async () => {
    await apply();
    shop.api.fault({
      kind: '503',
      times: 9,
      matches: ({ method, path }) => method === 'PATCH' && path.includes('services'),
    });
    const away: ActionError = await undo().then(
      () => Promise.reject(new Error('it was taken back')),
      (error: ActionError) => error,
    );
    expect(away.retryable).toBe(true);
    expect(there()[0]).toEqual({ MODE: 'ok' });
  });
});

describe('what somebody has said of the target since it was planned', () => {
  let template: Restoration;
  beforeEach(() => {
    const good = shop.write(web, { spec: spec('web:1') });
    const bad = shop.write(web, { spec: spec('web:bad') }, 'kubectl-set');
    template = shop.restoration(web, bad, good, '/spec/template/spec/containers/[app]/image');
  });
  const refused = (because: string) => ({
    message: `deployment shop/web is not put back: ${because}`,
    reason: 'conflict',
    retryable: false,
  });

  it.each([
    ['maintenance', { annotations: { 'paramedic.dev/maintenance': 'true' } }, 'it is under maintenance'],
    ['maintenance, as a label', { labels: { 'paramedic.dev/maintenance': 'true' } }, 'it is under maintenance'],
    ['hands off', { annotations: { 'paramedic.dev/mode': 'none' } }, 'its annotation says hands off'],
  ])('is heard before anything is written, also around it: %s', async (_what, metadata, because) => {
    shop.write(web, { spec: spec('web:bad'), metadata }, 'kubectl-annotate');
    for (const restorations of [[both[0], template], [both[0]]])
      await expect(apply({ restorations })).rejects.toMatchObject(refused(because));
    expect(shop.writes()).toEqual([]);
  });

  it.each([
    ['that he is asked first', { 'paramedic.dev/mode': 'approve' }, 'its annotation says hands off'],
    [
      'that it is Argo CD’s',
      { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' },
      'it belongs to Argo CD (application shop)',
    ],
  ])('keeps it as it is, and not what it depends on: %s', async (_what, annotations, because) => {
    shop.write(web, { spec: spec('web:bad'), metadata: { annotations } }, 'kubectl-annotate');
    await expect(apply({ restorations: [template] })).rejects.toMatchObject(refused(because));
    await apply({ restorations: [both[0]] });
    expect(shop.writes()).toEqual(['PATCH settings']);
  });

  it('is heard also between the first write and its own', async () => {
    shop.api.onWrite(() => {
      const metadata = { annotations: { 'paramedic.dev/maintenance': 'true' } };
      shop.write(web, { spec: spec('web:bad'), metadata }, 'kubectl-annotate');
    });
    await expect(apply({ restorations: [both[0], template] })).rejects.toMatchObject(
      refused('it is under maintenance'),
    );
    expect(shop.get(web)).toMatchObject({ spec: spec('web:bad') });
  });
});

describe('what a run that died has left', () => {
  it('is nothing, a half, or all of it', async () => {
    expect(await state()).toBe('not-done');
    await apply({ restorations: [both[0]] });
    expect(await state()).toBe('half-done');
    await apply({ restorations: [both[1]] });
    expect(await state()).toBe('done');
  });

  it('is a half while pods may still have to be seen to', async () => {
    await apply();
    expect(await state({ renewal: { by: 'restart', restartedAt: '2026-11-29T12:10:00.000Z' } })).toBe('half-done');
    expect(await state({ renewal: { by: 'evicting', pods: [{ name: 'gone', uid: 'gone' }] } })).toBe('done');
  });

  it('of a proof that was not begun is nothing: it is asked about anew', async () => {
    putPod(shop.api, 'a');
    const uid = shop.api.get('pods', { namespace: 'shop', name: 'a' })?.metadata.uid ?? '';
    const proof = { by: 'proof' as const, pods: [{ name: 'a', uid }] };
    expect(await state({ renewal: proof, restorations: [] })).toBe('not-done');
    shop.api.remove('pods', { namespace: 'shop', name: 'a' });
    expect(await state({ renewal: proof, restorations: [] })).toBe('done');
  });

  it('is a half also when how the other half was is not kept any more', async () => {
    await apply({ restorations: [both[0]] });
    shop.forget(service, both[1].to);
    expect(await state()).toBe('half-done');
    shop.forget(settings, both[0].to);
    expect(await state()).toBe('not-done');
  });

  it('is not known while the API is silent', async () => {
    shop.api.fault({ kind: '503', times: 9 });
    expect(await state()).toBe('unknown');
  });
});

describe('the pods of the target', () => {
  beforeEach(() => {
    putDeployment(shop.api, { spec: spec('web:bad') });
  });

  it('are seen to once everything is put back', async () => {
    putReplicaSet(shop.api, 'h1', 2, 1);
    putPod(shop.api, 'a', { life: 'crashes' });
    await apply({ nudge: true, renewal: { by: 'evicting', pods: [{ name: 'a', uid: 'uid-a' }] } });
    expect(shop.writes()).toEqual(['PATCH settings', 'PATCH web', 'PATCH web-h1', 'POST a/eviction']);
  });

  it('are replaced in a later second than that of what was written: that is how the next ones are known', async () => {
    putPod(shop.api, 'a', { life: 'crashes' });
    let nextAt = 0;
    shop.api.onWrite(({ path }) => {
      if (path.endsWith('/eviction')) nextAt = Math.floor(Date.now() / 1000) * 1000;
    });
    const change = pinned({ renewal: { by: 'evicting', pods: [{ name: 'a', uid: 'uid-a' }] } });
    await putAllBack(change, shop.clients, signal);
    expect(nextAt).toBeGreaterThan((await writtenAt(change, shop.clients)) ?? Infinity);
  });

  it('are not touched when something could not be put back', async () => {
    shop.write(service, { spec: { ports: [{ port: 82 }] } }, 'kubectl-edit');
    const renewal = { by: 'restart', restartedAt: '2026-11-29T12:10:00.000Z' } as const;
    await expect(apply({ nudge: true, renewal })).rejects.toThrow();
    expect(shop.writes()).toEqual(['PATCH settings']);
  });

  describe('that were restarted', () => {
    const at = '2026-11-29T12:10:00.000Z';
    const own = 'kubectl.kubernetes.io/restartedAt';
    const stamp = (value?: string) => {
      const annotations = { mine: 'x', ...(value !== undefined && { [own]: value }) };
      const { template, ...rest } = spec('web:1');
      putDeployment(shop.api, { spec: { ...rest, template: { ...template, metadata: { labels: {}, annotations } } } });
    };
    const specNow = () => shop.api.get('deployments.apps', { namespace: 'shop', name: 'web' })?.spec;
    const restart = (was?: string) => ({
      renewal: { by: 'restart' as const, restartedAt: at, ...(was !== undefined && { was }) },
    });

    it.each([
      ['had never been', undefined],
      ['had been before', '2026-11-29T09:00:00Z'],
    ])('are once more when it is taken back, and the template is what it was: it %s', async (_, was) => {
      stamp(was);
      const before = specNow();
      await apply(restart(was ?? ''));
      expect(specNow()).not.toEqual(before);
      await undo(restart(was ?? ''));
      await undo(restart(was ?? ''));
      expect(specNow()).toEqual(before);
      // The pods read it when they start: the ConfigMap first.
      expect(shop.writes().slice(-2)).toEqual(['PATCH settings', 'PATCH web']);
    });

    it.each([
      ['somebody else has restarted them since', '2026-11-29T12:11:00Z', ''],
      ['what it was is not known', at, undefined],
    ])('stay as they are when %s', async (_, value, was) => {
      stamp(value);
      await apply(restart(was));
      const before = specNow();
      await undo(restart(was));
      expect(specNow()).toEqual(before);
    });
  });

  it('get room where the template is put back, of those that were there before', async () => {
    const good = shop.write(web, { spec: spec('web:1') });
    const bad = shop.write(web, {
      spec: spec('web:bad'),
      status: { observedGeneration: 1, updatedReplicas: 1, replicas: 3 },
    });
    putPod(shop.api, 'old', { hash: 'bad', life: 'crashes' });
    shop.api.onWrite(({ path }) => {
      if (path.endsWith('/web')) putPod(shop.api, 'new', { hash: 'good', life: 'finds no room' });
      if (path.endsWith('/eviction')) for (const name of ['new', 'newer']) putPod(shop.api, name, { hash: 'good' });
    });
    const image = '/spec/template/spec/containers/[app]/image';
    await apply({ restorations: [shop.restoration(web, bad, good, image)] });
    expect(shop.writes()).toEqual(['PATCH web', 'POST old/eviction']);
  });

  it('are none of a Service', async () => {
    await apply({ target: service, nudge: true });
    expect(shop.writes()).toEqual(['PATCH settings', 'PATCH web']);
  });
});
