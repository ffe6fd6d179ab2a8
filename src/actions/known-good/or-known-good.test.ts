import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { putPod } from '../../../test/fakes/put-back-pods.ts';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { web } from '../../../test/fakes/remembered.ts';
import { ill, oneIll, pod, workload } from '../../../test/fakes/workload-state.ts';
import { type Action, defineAction } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Plan } from '../../domain/plan.ts';
import { no, yes } from '../../domain/verdict.ts';
import { orKnownGood } from './or-known-good.ts';
import type { PutBack } from './put-back.ts';

const { signal } = new AbortController();
let shop: Shop;
let done: string[];
let action: Action;
beforeEach(async () => {
  shop = await startPutBackShop();
  done = [];
  action = orKnownGood(
    'deployment',
    defineAction({
      verb: 'rollback',
      on: 'deployment',
      role: 'fix',
      risk: 'low',
      permissions: [],
      params: z.undefined(),
      change: z.strictObject({ revision: z.number() }),
      observe: async () => 3,
      plan: ({ extra }) =>
        extra === 3
          ? [{ summary: 'revision 3', touches: [web], change: { revision: 3 }, ownTimeMs: 0 }]
          : no('no revision'),
      apply: async ({ revision }) => void done.push(`apply ${revision}`),
      settled: async () => 'not-done',
      undo: async ({ revision }) => void done.push(`undo ${revision}`),
      takesAway: () => 9,
      verify: () => yes('the revision is there'),
    }),
  );
});
afterEach(() => shop.close());

const spec = (image: string) => ({
  replicas: 2,
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } },
});
const target = { kind: 'deployment', key: web };
const state = workload({ pods: oneIll });
async function planned(clients: Clients = shop.clients): Promise<readonly Plan[] | string> {
  const extra = await action.observe(target, clients);
  const answer = action.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
  return 'ok' in answer ? answer.reason : answer;
}
const summaries = async (clients?: Clients) => {
  const answer = await planned(clients);
  return typeof answer === 'string' ? answer : answer.map(({ summary }) => summary);
};
/** A bad image is there since five minutes ago. */
function broken(): void {
  const status = { observedGeneration: 99, updatedReplicas: 2, replicas: 2 };
  shop.write(web, { spec: spec('web:1'), status }, 'kubectl', 9_000_000);
  shop.stamp(web);
  shop.write(web, { spec: spec('web:bad'), status }, 'kubectl-set', 300_000);
}

describe('a roll-back', () => {
  it('leaves a roll-out alone that gets on, as what is read of the revisions tells', async () => {
    broken();
    const pods = [ill('b', undefined, { revision: 'r2' }), pod('c', { revision: 'r3', ready: false })];
    const rolling = workload({ pods, updated: 1, starting: 1 });
    const extra = await action.observe(target, shop.clients);
    const answerTo = (rest: unknown) => {
      const read = { ...(typeof extra === 'object' && extra), rest };
      return action.plan({ target, state: rolling, extra: read, params: undefined, labels: {}, now: Date.now() });
    };
    expect(answerTo({ current: { podHash: 'r3' } })).toMatchObject({
      reason: expect.stringContaining('a roll-out is under way'),
      retryAfterMs: 30_000,
    });
    expect(answerTo({ current: { podHash: 'r2' } })).toHaveLength(1);
  });

  it('is by revisions where nothing is remembered at all', async () => {
    const { knownGood: _, ...without } = shop.clients;
    expect(await summaries(without)).toEqual(['revision 3']);
  });

  it('is by revisions where the target is not known, or was never seen healthy', async () => {
    shop.write(web, { spec: spec('web:bad') });
    expect(await summaries()).toEqual(['revision 3']);
  });

  it('is of what changed where that is known, and asks no revisions', async () => {
    broken();
    expect(await summaries()).toEqual([
      expect.stringMatching(
        /^put back as it was at .*: deployment shop\/web \(spec\.template\..*image since .*, by kubectl-set\)$/,
      ),
    ]);
  });

  it('is none where it is known that nothing changed, whatever the revisions say', async () => {
    shop.write(web, { spec: spec('web:1') }, 'kubectl', 9_000_000);
    shop.stamp(web);
    expect(await summaries()).toMatch(/^nothing of deployment shop\/checkout is put back: nothing changed since /);
  });

  it('says both reasons where neither is known', async () => {
    shop.write(web, { spec: spec('web:bad') });
    const extra = { known: (await observed()).known, rest: 4 };
    const answer = action.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(/^nothing of .*; no revision$/) });
  });

  it('is carried out, verified and taken back by whoever has planned it', async () => {
    broken();
    putPod(shop.api, 'a');
    const [plan] = await planned();
    if (plan === undefined || typeof plan === 'string') throw new Error('no plan');
    // As it comes back from the store.
    const change: unknown = JSON.parse(JSON.stringify(plan.change));
    expect(await action.settled(change, shop.clients)).toBe('not-done');
    await action.apply(change, shop.clients, signal);
    expect(await action.settled(change, shop.clients)).toBe('done');
    expect(shop.get(web)).toMatchObject({ spec: spec('web:1') });
    expect(action.verify({ before: state, state, change })).toEqual(yes('deployment shop/checkout is as it was'));
    await action.undo(change, shop.clients, signal);
    expect(shop.get(web)).toMatchObject({ spec: spec('web:bad') });
    expect(done).toEqual([]);

    const other = { revision: 3 };
    await action.apply(other, shop.clients, signal);
    await action.undo(other, shop.clients, signal);
    expect(await action.settled(other, shop.clients)).toBe('not-done');
    expect(action.verify({ before: state, state, change: other })).toEqual(yes('the revision is there'));
    expect(done).toEqual(['apply 3', 'undo 3']);
  });

  it('carries out no change that is neither’s', async () => {
    await expect(async () => action.apply({ putBack: { restorations: [] } }, shop.clients, signal)).rejects.toThrow();
  });
});

it('what a plan takes away is told for the guardrails', () => {
  const pinned: PutBack = {
    target: web,
    knownGood: 'k1',
    failed: '',
    restorations: [],
    nudge: false,
    renewal: { by: 'nothing' },
  };
  const pods = [{ name: 'a', uid: 'uid-a' }];
  const all = workload({ pods: [pod('a'), pod('b'), pod('c')], maxUnavailable: 1 });
  const takes = (more: Partial<PutBack>) => action.takesAway({ putBack: { ...pinned, ...more } }, all);
  const one = (key: string) => [{ key, uid: '', from: '', to: '', paths: ['/data/A'] }];
  expect(takes({})).toBe(0);
  expect(takes({ restorations: one('kubernetes/prod/shop/configmap/a') })).toBe(0);
  expect(takes({ renewal: { by: 'evicting', pods } })).toBe(0);
  expect(takes({ renewal: { by: 'proof', pods } })).toBe(1);
  const byRollOut = { by: 'proof-by-roll-out' as const, restartedAt: '2026-11-29T12:00:00.000Z', was: '' };
  expect(takes({ renewal: byRollOut })).toBe(1);
  expect(takes({ restorations: one(web) })).toBe(1);
  expect(takes({ renewal: { by: 'restart', restartedAt: '2026-11-29T12:10:00.000Z' } })).toBe(1);
  expect(action.takesAway({ revision: 3 }, all)).toBe(9);

  // A StatefulSet replaces one at a time, and only those that are of the other version.
  const set = workload({
    kind: 'statefulset',
    pods: [ill('web-2', 'x', { revision: 'r2' }), pod('web-0'), pod('web-1')],
  });
  const back = (staying: string[]) =>
    action.takesAway({ putBack: { ...pinned, restorations: one(web), staying } }, set);
  expect(back([])).toBe(1);
  expect(back(['r1'])).toBe(0);
  expect(back(['r2'])).toBe(1);
});

async function observed(): Promise<{ readonly known: unknown }> {
  const extra = await action.observe(target, shop.clients);
  if (typeof extra !== 'object' || extra === null || !('known' in extra)) throw new Error('nothing was observed');
  return { known: extra.known };
}
