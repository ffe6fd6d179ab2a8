import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { putDeployment, putSet } from '../../test/fakes/put-back-pods.ts';
import { type Shop, startPutBackShop } from '../../test/fakes/put-back-shop.ts';
import { web } from '../../test/fakes/remembered.ts';
import type { Clients } from '../domain/clients.ts';
import type { Candidate, Target } from '../domain/target.ts';
import { deployment } from '../targets/deployment/deployment.ts';
import { service } from '../targets/service/service.ts';
import { confirmKubernetes } from './confirm.ts';
import { allowedBy } from './hands-off.ts';
import { observeWorkload } from './observe-workload.ts';
import { illness, symptoms } from './workload.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await startPutBackShop();
});
afterEach(() => shop.close());
const spec = (replicas?: number) => ({
  ...(replicas !== undefined && { replicas }),
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:1' }] } },
});
const candidate = (kind: string, name: string): Candidate => ({
  kind,
  platform: 'prod',
  by: { namespace: 'shop', name },
  phrase: `${kind} "shop/${name}"`,
});
const confirm = (kind: string, name: string, clients: Clients = shop.clients) =>
  confirmKubernetes(candidate(kind, name), clients);
/** It was healthy, and is gone. */
function went(key: string, object: Readonly<Record<string, unknown>> = { spec: spec(2) }): void {
  shop.write(key, object, 'kubectl', 9_000_000);
  shop.stamp(key);
  shop.remove(key, 60_000);
}

describe('what is gone is confirmed', () => {
  it.each(['deployment', 'statefulset', 'daemonset', 'service'])(
    'as %s, by what is remembered of it, and by no uid: whatever has its name is it',
    async (kind) => {
      const key = `kubernetes/prod/shop/${kind}/web`;
      went(key);
      expect(await confirm(kind, 'web')).toEqual({ kind, key, remembered: true });
    },
  );

  it('only where it was seen healthy', async () => {
    const refusal = { ok: false, reason: 'there is no deployment "shop/web" in cluster prod' };
    expect(await confirm('deployment', 'web')).toEqual(refusal);
    const { knownGood: _, ...clients } = shop.clients;
    went(web);
    expect(await confirm('deployment', 'web', clients)).toEqual(refusal);
    // Its namespace is another one by now: all of it was forgotten.
    const forgotten = { ...shop.clients.knownGood, remembered: async () => undefined };
    const { knownGood } = shop.clients;
    if (knownGood === undefined) throw new Error('there is a memory');
    expect(await confirm('deployment', 'web', { ...clients, knownGood: { ...knownGood, ...forgotten } })).toEqual(
      refusal,
    );
    const never = {
      ...knownGood,
      remembered: async (key: string) => {
        const all = await knownGood.remembered(key);
        return all && { ...all, knownGoods: [] };
      },
    };
    expect(await confirm('deployment', 'web', { ...clients, knownGood: never })).toEqual(refusal);
  });

  it('not where its name is that of monitoring, which is never acted on', async () => {
    const key = 'kubernetes/prod/shop/deployment/prometheus-operator';
    went(key);
    expect(await confirm('deployment', 'prometheus-operator')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^deployment "shop\/prometheus-operator" is never acted on: /),
    });
  });
});

describe('what is gone is observed', () => {
  const gone: Target = { kind: 'deployment', key: web, remembered: true };

  it('as ill, with one pod asked for and none there', async () => {
    const state = await deployment.observe(gone, shop.clients);
    expect(state).toMatchObject({ gone: true, desired: 1, ready: 0, pods: [], name: 'web' });
    expect(state && deployment.symptoms(state)).toEqual(['it is gone']);
    // Worse than a pod of it that is ill.
    expect(state && deployment.illness?.(state).length).toBeGreaterThan(3);
  });

  it('as itself when it is back, whatever its uid', async () => {
    putDeployment(shop.api);
    expect(await deployment.observe(gone, shop.clients)).toMatchObject({ uid: 'uid-web' });
    expect(await deployment.observe(gone, shop.clients)).not.toHaveProperty('gone');
  });

  it('as nothing where it was there when it was named: somebody has deleted it since', async () => {
    expect(await deployment.observe({ kind: 'deployment', key: web, uid: 'u1' }, shop.clients)).toBeUndefined();
  });

  it('as ill, where it is a Service', async () => {
    const target = { kind: 'service', key: 'kubernetes/prod/shop/service/web' };
    const state = await service.observe({ ...target, remembered: true }, shop.clients);
    expect(state && service.symptoms(state)).toEqual(['it is gone']);
    expect(await service.observe({ ...target, uid: 'u1' }, shop.clients)).toBeUndefined();
  });
});

describe('a workload that is scaled to 0', () => {
  const observe = (kind: 'deployment' | 'statefulset' | 'daemonset', clients = shop.clients) =>
    observeWorkload(kind)({ kind, key: `kubernetes/prod/shop/${kind}/web` }, clients);
  const told = async (...given: Parameters<typeof observe>) => {
    const state = await observe(...given);
    return state && [symptoms(state), illness(state), state.scaledFrom];
  };
  const had = 'it is scaled to 0, and had 3 when it was seen healthy last';

  it('is ill when it was healthy with more', async () => {
    shop.write(web, { spec: spec(3) }, 'kubectl', 9_000_000);
    shop.stamp(web);
    putDeployment(shop.api, { spec: { replicas: 0 } });
    const missing = [1, 2, 3].map((one) => `pod missing (${one} of 3)`);
    expect(await told('deployment')).toEqual([[had], [had, ...missing], 3]);
  });

  it('is well when nothing is remembered of it, or of its replicas', async () => {
    putDeployment(shop.api, { spec: { replicas: 0 } });
    const { knownGood: _, ...clients } = shop.clients;
    expect(await told('deployment', clients)).toEqual([[], [], undefined]);
    expect(await told('deployment')).toEqual([[], [], undefined]);
    // An autoscaler has set them.
    shop.write(web, { spec: spec() }, 'kubectl', 9_000_000);
    shop.stamp(web);
    putDeployment(shop.api, { spec: { replicas: 0 } });
    expect(await told('deployment')).toEqual([[], [], undefined]);
  });

  it('is well where it is a DaemonSet: no node is to run it', async () => {
    putSet(shop.api, 'daemonsets.apps');
    expect(await told('daemonset')).toEqual([[], [], undefined]);
  });
});

describe('the mark of maintenance', () => {
  const marks: [string, Record<string, unknown>, 'observe' | undefined][] = [
    ['an annotation', { annotations: { 'paramedic.dev/maintenance': 'until Monday' } }, 'observe'],
    ['a label', { labels: { 'paramedic.dev/maintenance': 'true' } }, 'observe'],
    ['an empty one', { labels: { 'paramedic.dev/maintenance': '' } }, 'observe'],
    ['one that is false', { annotations: { 'paramedic.dev/maintenance': 'false' } }, undefined],
    [
      'one beside another word',
      { annotations: { 'paramedic.dev/maintenance': 'true', 'paramedic.dev/mode': 'act' } },
      'observe',
    ],
  ];

  it.each(marks)(
    'lets a workload and a Service only be looked at, and the decision says why: %s',
    async (_what, metadata, mode) => {
      putDeployment(shop.api, { metadata });
      shop.api.put('services', { metadata: { namespace: 'shop', name: 'web', ...metadata }, spec: {} });
      for (const kind of ['deployment', 'service']) {
        const target = await confirm(kind, 'web');
        const modeReason = 'it is under maintenance (paramedic.dev/maintenance)';
        expect(target).toMatchObject({ kind, ...(mode && { mode, modeReason }) });
        if (mode === undefined) expect(target).not.toHaveProperty('mode');
      }
      const state = await deployment.observe({ kind: 'deployment', key: web }, shop.clients);
      expect(state && deployment.mode?.(state)).toBe(mode);
      const other = await service.observe({ kind: 'service', key: 'kubernetes/prod/shop/service/web' }, shop.clients);
      expect(other && service.mode?.(other)).toBe(mode);
    },
  );

  it('is stronger than a question', () => {
    expect(allowedBy({ mode: 'approve' })).toBe('approve');
    expect(allowedBy({ mode: 'maintenance' })).toBe('observe');
  });
});
