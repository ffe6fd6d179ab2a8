import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { quota, settings, web } from '../../../test/fakes/remembered.ts';
import { ill, pod, workload } from '../../../test/fakes/workload-state.ts';
import type { Plan } from '../../domain/plan.ts';
import { removeAroundDeployment } from './deployment.ts';

const { signal } = new AbortController();
const policy = 'kubernetes/prod/validatingwebhookconfiguration/policy';
const hooks = (failurePolicy: string) => ({
  webhooks: [{ name: 'a.example', failurePolicy, clientConfig: { service: { namespace: 'policy', name: 'hook' } } }],
});
let shop: Shop;
beforeEach(async () => {
  shop = await startPutBackShop();
  shop.write(web, { spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } } }, 'kubectl', 9_000_000);
  shop.write(settings, { data: { MODE: 'ok' } }, 'kubectl', 9_000_000);
  shop.stamp(web);
});
afterEach(() => shop.close());

const target = { kind: 'deployment', key: web };
const lacking = workload({ pods: [pod('a')], desired: 2, present: 1 });
async function planned(state = lacking): Promise<readonly Plan[] | string> {
  const extra = await removeAroundDeployment.observe(target, shop.clients);
  const input = { target, state, extra, params: undefined, labels: {}, now: Date.now() };
  const answer = removeAroundDeployment.plan(input);
  return 'ok' in answer ? answer.reason : answer;
}
const plans = async () => {
  const answer = await planned();
  if (typeof answer === 'string') throw new Error(answer);
  return answer;
};
const about = 'nothing is taken out of the way of deployment shop/checkout: ';
const came = (seconds: number) =>
  shop.write(quota, { spec: { hard: { pods: '0' } } }, 'kubectl-create', seconds * 1000);

describe('what came into the way', () => {
  it('is of high risk, whatever it is', () => {
    expect(removeAroundDeployment.risk).toBe('high');
  });

  it('is deleted, and made anew when that did not help', async () => {
    came(60);
    const [plan] = await plans();
    expect(plan).toMatchObject({
      summary: expect.stringMatching(
        /^delete resourcequota shop\/block: it came after \S+, when deployment shop\/checkout was seen healthy last$/,
      ),
      touches: [web, quota],
      undo: 'make resourcequota shop/block what it is now',
    });
    const before = shop.content(quota);
    const change: unknown = JSON.parse(JSON.stringify(plan?.change));
    await removeAroundDeployment.apply(change, shop.clients, signal);
    expect(shop.get(quota)).toBeUndefined();
    expect(await removeAroundDeployment.settled(change, shop.clients)).toBe('done');
    await removeAroundDeployment.undo(change, shop.clients, signal);
    expect(shop.content(quota)).toEqual(before);
  });

  it('is made to let pass what it does not answer for, where it is a webhook, and stays', async () => {
    shop.write(policy, hooks('Fail'), 'helm-like', 60_000);
    const [plan] = await plans();
    expect(plan?.summary).toMatch(/^let pass what validatingwebhookconfiguration policy does not answer for: /);
    await removeAroundDeployment.apply(plan?.change, shop.clients, signal);
    expect(shop.get(policy)).toMatchObject(hooks('Ignore'));
    expect(await planned()).toContain(`${about}nothing that could be came since`);
    await removeAroundDeployment.undo(plan?.change, shop.clients, signal);
    expect(shop.get(policy)).toMatchObject(hooks('Fail'));
  });

  it('is no webhook that lets pass what it does not answer for anyway', async () => {
    shop.write(policy, hooks('Ignore'), 'helm-like', 60_000);
    expect(await planned()).toContain(`${about}nothing that could be came since`);
  });

  it('is one act after the other, then all of them', async () => {
    came(60);
    shop.write(policy, hooks('Fail'), 'helm-like', 600_000 - 1_000);
    const touched = (await plans()).map(({ touches }) => touches.slice(1));
    expect(touched).toEqual([[quota], [policy], [quota, policy].toSorted()]);
  });
});

describe('what can be in the way', () => {
  const shut = 'kubernetes/prod/shop/networkpolicy/shut';
  const limits = 'kubernetes/prod/shop/limitrange/small';
  const ills = workload({ pods: [ill('a'), pod('b')] });
  const touched = async (state: typeof lacking) => {
    const answer = await planned(state);
    return typeof answer === 'string' ? answer : answer.at(-1)?.touches.slice(1);
  };
  beforeEach(() => {
    came(60);
    for (const [key, spec] of [
      [shut, { podSelector: {} }],
      [limits, { limits: [] }],
    ] as const)
      shop.write(key, { spec }, 'kubectl-create', 60_000);
    shop.write(policy, hooks('Fail'), 'kubectl-create', 60_000);
  });

  it('of pods that are not made is what refuses them, or makes them other than they are meant', async () => {
    expect(await touched(lacking)).toEqual([policy, limits, quota].toSorted());
    expect(await touched({ ...ills, stalled: 'its pods can not be created (FailedCreate)' })).toEqual(
      [policy, limits, quota].toSorted(),
    );
  });

  it('of pods that are there is what cuts them off, or made them other than they are meant', async () => {
    expect(await touched(ills)).toEqual([limits, shut].toSorted());
  });
});

describe('nothing is taken out of the way', () => {
  it('while nothing is wrong', async () => {
    came(60);
    expect(await planned(workload())).toBe(`${about}nothing is wrong with it`);
  });

  it('of what was there when it was healthy, or is of a kind that is in nobody’s way', async () => {
    shop.write('kubernetes/prod/shop/configmap/new', { data: {} }, 'kubectl', 60_000);
    shop.write(settings, { data: { MODE: 'broken' } }, 'kubectl', 60_000);
    expect(await planned()).toMatch(new RegExp(`^${about}nothing that could be came since \\S+$`));
  });

  it('that belongs to somebody who would put it back', async () => {
    shop.write(
      quota,
      { metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } }, spec: { hard: { pods: '0' } } },
      'kubectl-create',
      60_000,
    );
    expect(await planned()).toContain('is left as it is: it belongs to Argo CD (application shop)');
  });

  it('while nobody knows what came', async () => {
    const { knownGood: _, ...clients } = shop.clients;
    const extra = await removeAroundDeployment.observe(target, clients);
    const input = { target, state: lacking, extra, params: undefined, labels: {}, now: Date.now() };
    expect(removeAroundDeployment.plan(input)).toMatchObject({
      reason: expect.stringContaining('nothing is remembered'),
    });
  });
});
