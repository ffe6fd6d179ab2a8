import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { web } from '../../../test/fakes/remembered.ts';
import type { Plan } from '../../domain/plan.ts';
import { service } from '../../targets/service/service.ts';
import { restoreService } from './service.ts';

const { signal } = new AbortController();
const key = 'kubernetes/prod/shop/service/web';
const policy = 'kubernetes/prod/shop/networkpolicy/web';
const target = { kind: 'service', key, remembered: true } as const;
const spec = { selector: { app: 'web' }, clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ports: [{ port: 80 }] };
let shop: Shop;
beforeEach(async () => {
  shop = await startPutBackShop();
  shop.write(key, { spec }, 'kubectl', 9_000_000);
  shop.write(policy, { spec: { podSelector: {} } }, 'kubectl', 9_000_000);
  shop.write(web, { spec: { replicas: 2 } }, 'kubectl', 9_000_000);
  shop.stamp(key);
});
afterEach(() => shop.close());

const observe = () => service.observe(target, shop.clients);
async function planned(): Promise<readonly Plan[] | string> {
  const [state, extra] = [await observe(), await restoreService.observe(target, shop.clients)];
  const answer = restoreService.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
  return 'ok' in answer ? answer.reason : answer;
}
const first = async (): Promise<Plan> => {
  const [plan] = await planned();
  if (plan === undefined || typeof plan === 'string') throw new Error('no plan');
  return plan;
};
const about = /^nothing of service shop\/web is put back: nothing between it and its pods changed since \S+/;

describe('a Service', () => {
  it('gets its selector back, and loses it again when that did not help', async () => {
    const bad = { ...spec, selector: { app: 'wbe' } };
    shop.write(key, { spec: bad }, 'kubectl-edit', 60_000);
    const plan = await first();
    expect(plan.summary).toMatch(/service shop\/web \(spec\.selector\.app since \S+, by kubectl-edit\)$/);
    await restoreService.apply(plan.change, shop.clients, signal);
    await restoreService.apply(plan.change, shop.clients, signal);
    expect(shop.get(key)).toMatchObject({ spec });
    expect(await restoreService.settled(plan.change, shop.clients)).toBe('done');
    await restoreService.undo(plan.change, shop.clients, signal);
    expect(shop.get(key)).toMatchObject({ spec: bad });
    expect(shop.writes()).toEqual(['PATCH web', 'PATCH web']);
  });

  it('that is gone is made anew, with its address', async () => {
    shop.remove(key, 60_000);
    const before = await observe();
    const plan = await first();
    const verify = async () => restoreService.verify({ before, state: await observe(), change: plan.change });
    expect(await verify()).toMatchObject({ ok: false, reason: 'it is still gone' });
    await restoreService.apply(plan.change, shop.clients, signal);
    expect(shop.get(key)).toMatchObject({ spec });
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('gets what is between it and its pods back', async () => {
    shop.write(policy, { spec: { podSelector: {}, ingress: [] } }, 'kubectl-edit', 60_000);
    expect((await first()).touches).toEqual([key, policy]);
  });
});

describe('nothing is put back', () => {
  it('when nothing changed', async () => {
    expect(await planned()).toMatch(/^nothing of service shop\/web is put back: nothing changed since \S+/);
  });

  it('of its labels, and of what appeared', async () => {
    shop.write(key, { spec, metadata: { labels: { team: 'a' } } }, 'kubectl-label', 60_000);
    shop.write('kubernetes/prod/shop/networkpolicy/new', { spec: {} }, 'kubectl', 60_000);
    expect(await planned()).toMatch(about);
  });

  it('of another Service, or of its pods: that is looked after there', async () => {
    shop.write('kubernetes/prod/shop/service/db', { spec }, 'kubectl', 9_000_000);
    shop.write('kubernetes/prod/shop/configmap/a', { data: { A: '1' } }, 'kubectl', 9_000_000);
    shop.stamp(key);
    shop.write('kubernetes/prod/shop/service/db', { spec: { ...spec, selector: {} } }, 'kubectl', 60_000);
    shop.write('kubernetes/prod/shop/configmap/a', { data: { A: '2' } }, 'kubectl', 60_000);
    expect(await planned()).toMatch(
      /; what did is looked after there: (service shop\/db, configmap shop\/a|configmap shop\/a, service shop\/db)$/,
    );
  });

  it('when nothing is remembered', async () => {
    const { knownGood: _, ...clients } = shop.clients;
    const extra = await restoreService.observe(target, clients);
    const input = { target, state: await observe(), extra, params: undefined, labels: {}, now: Date.now() };
    expect(restoreService.plan(input)).toMatchObject({
      ok: false,
      reason:
        'nothing of service shop/web is put back: nothing is remembered of how it was (known_good.enabled is false)',
    });
  });
});
