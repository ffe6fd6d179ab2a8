import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { settings, web } from '../../../test/fakes/remembered.ts';
import type { Plan } from '../../domain/plan.ts';
import { observeWorkload } from '../../kubernetes/observe-workload.ts';
import { redeployDeployment } from './deployment.ts';

const { signal } = new AbortController();
const spec = {
  replicas: 3,
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:1' }] } },
};
const target = { kind: 'deployment', key: web, remembered: true } as const;
let shop: Shop;
beforeEach(async () => {
  shop = await startPutBackShop();
  shop.write(web, { spec }, 'kubectl', 9_000_000);
  shop.write(settings, { data: { MODE: 'ok' } }, 'kubectl', 9_000_000);
  shop.stamp(web);
});
afterEach(() => shop.close());

const observe = () => observeWorkload('deployment')(target, shop.clients);
async function planned(): Promise<readonly Plan[] | string> {
  const [state, extra] = [await observe(), await redeployDeployment.observe(target, shop.clients)];
  const answer = redeployDeployment.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
  return 'ok' in answer ? answer.reason : answer;
}

describe('a workload that is gone', () => {
  it('is of high risk: somebody may have wanted it gone', () => {
    expect(redeployDeployment.risk).toBe('high');
  });

  it('is made anew with what went as well, itself last, and taken away again when that did not help', async () => {
    shop.remove(web, 60_000);
    shop.remove(settings, 50_000);
    const state = await observe();
    const [plan, ...more] = await planned();
    if (plan === undefined || typeof plan === 'string') throw new Error('no plan');
    expect(more).toEqual([]);
    expect(plan.touches).toEqual([web, settings]);
    expect(plan.summary).toMatch(
      /: deployment shop\/web \(gone since \S+\), configmap shop\/settings \(gone since \S+\)$|: configmap/,
    );
    const verify = async () =>
      redeployDeployment.verify({ before: state, state: await observe(), change: plan.change });
    expect(await verify()).toMatchObject({ ok: false, reason: 'deployment shop/web is still gone' });
    await redeployDeployment.apply(plan.change, shop.clients, signal);
    await redeployDeployment.apply(plan.change, shop.clients, signal);
    expect(shop.get(web)).toMatchObject({ spec });
    expect(shop.get(settings)).toMatchObject({ data: { MODE: 'ok' } });
    expect(shop.writes()).toEqual(['POST settings', 'POST web']);
    expect(await verify()).toMatchObject({ ok: true });
    expect(await redeployDeployment.settled(plan.change, shop.clients)).toBe('done');
    await redeployDeployment.undo(plan.change, shop.clients, signal);
    expect([shop.get(web), shop.get(settings)]).toEqual([undefined, undefined]);
  });

  it('is made anew without what is only changed', async () => {
    shop.remove(web, 60_000);
    shop.write(settings, { data: { MODE: 'broken' } }, 'kubectl-edit', 50_000);
    const [plan] = await planned();
    expect(plan).toMatchObject({ touches: [web] });
  });

  it('is known by its id, whatever goes besides', async () => {
    shop.remove(web, 60_000);
    const [before] = await planned();
    shop.remove(settings, 10_000);
    const [after] = await planned();
    expect(after).toMatchObject({ id: typeof before === 'object' && before.id });
  });
});

describe('it is not made anew', () => {
  const about = 'deployment shop/web is not redeployed: ';

  it('while it is there', async () => {
    expect(await planned()).toBe(`${about}it is there`);
  });

  it('where its own mark, or its owner, said that it is not ours', async () => {
    const metadata = { annotations: { 'paramedic.dev/mode': 'observe' } };
    shop.write(web, { spec, metadata }, 'kubectl', 8_000_000);
    shop.stamp(web);
    shop.remove(web, 60_000);
    expect(await planned()).toBe(
      `${about}deployment shop/web was changed and is left as it is: its annotation says that it is not to be acted on (observe)`,
    );
  });

  it('when how it was is not kept any more', async () => {
    const hash = shop.histories.get(web)?.versions[0]?.hash ?? '';
    shop.remove(web, 60_000);
    shop.forget(web, hash);
    expect(await planned()).toBe(
      `${about}deployment shop/web was changed and is left as it is: how it was is not kept any more`,
    );
  });

  it('when nothing is remembered', async () => {
    shop.remove(web);
    const { knownGood: _, ...clients } = shop.clients;
    const extra = await redeployDeployment.observe(target, clients);
    const input = { target, state: await observe(), extra, params: undefined, labels: {}, now: Date.now() };
    expect(redeployDeployment.plan(input)).toMatchObject({ reason: expect.stringContaining('nothing is remembered') });
  });
});
