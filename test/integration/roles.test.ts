import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { PostedAlert } from '../../src/domain/clients.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { defineGuardrail, type Guardrail } from '../../src/domain/guardrail.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { cooldown } from '../../src/guardrails/cooldown/cooldown.ts';
import { approve } from '../../src/road/answers.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

const prepares = (road: TestRoad) =>
  ({
    role: 'prepare',
    apply: async () => void road.applied.push('prepare 0'),
    verify: () => yes('it is prepared'),
  }) as const;

/** It holds that verb for a minute. */
const holds = (verb: string): Guardrail =>
  defineGuardrail<undefined>({
    kind: 'held',
    params: z.undefined(),
    check: async ({ action }) => (action.verb === verb ? no('not now', 60_000) : yes('it may')),
  });

/** A human has to say yes to that verb. */
const asksFirst = (verb: string): Guardrail =>
  defineGuardrail<undefined>({
    kind: 'asks',
    params: z.undefined(),
    check: async ({ action, approval }) =>
      action.verb === verb && approval === undefined ? { ...no('who says yes?'), approvable: true } : yes('it may'),
  });

/** `prepare → fix → page`, and what arrives at Alertmanager. */
function prepareFixPage(options: Parameters<typeof testRoad>[0] = {}): TestRoad & { readonly posted: PostedAlert[] } {
  const road = testRoad({ steps: ['prepare', 'fix'], ...options });
  const posted: PostedAlert[] = [];
  road.clients.pager = {
    async post(alerts) {
      posted.push(...alerts);
      return { reachable: 1, errors: [] };
    },
  };
  const [playbook] = road.config.playbooks;
  const verify = { withinMs: 1, stableMs: 1 };
  playbook?.steps.push({ verb: 'page', params: { severity: 'warning' }, verify });
  road.redefine('prepare', prepares(road));
  return { ...road, posted };
}

describe('a playbook prepare, fix, page', () => {
  test('whose target gets well after it was prepared has not recovered by us', async () => {
    const road = prepareFixPage();
    road.redefine('prepare', {
      role: 'prepare',
      async apply() {
        road.applied.push('prepare 0');
        Object.assign(road.things.get('a') ?? {}, { symptoms: [] });
      },
      verify: () => ({ ok: true, reason: 'it is prepared' }),
    });
    expect(await outcome(road)).toMatchObject({ result: 'obsolete' });
    expect(road.applied).toEqual(['prepare 0']);
  });

  test('that can not be prepared fixes nothing', async () => {
    const road = prepareFixPage();
    road.redefine('prepare', { role: 'prepare', apply: async () => undefined });
    expect(await outcome(road)).toMatchObject({ result: 'blocked' });
    expect(road.applied).toEqual([]);
    expect(road.posted.map(({ labels }) => labels['recovery_outcome'])).toEqual(['blocked']);
  });

  test('whose preparation is held for a while fixes nothing, and calls nobody', async () => {
    const road = prepareFixPage({ guardrails: [holds('prepare')] });
    expect(await outcome(road)).toMatchObject({ result: 'blocked', retryAfterMs: 60_000 });
    expect(road.applied).toEqual([]);
    expect(road.posted).toEqual([]);
  });

  test('that only looks plans both, one after the other', async () => {
    const road = prepareFixPage({ mode: 'observe' });
    expect(await outcome(road)).toEqual({ result: 'planned', reason: 'prepare a; then fix a' });
    expect(road.applied).toEqual([]);
  });

  test('that only looked while it was prepared only looks on, whatever is allowed by then', async () => {
    const road = prepareFixPage();
    const says = (mode: string) => async (): Promise<void> => void Object.assign(road.config, { mode });
    // It is to look only, and, a moment later, may act again.
    road.redefine('prepare', { ...prepares(road), observe: says('observe') });
    road.redefine('fix', { observe: says('act') });
    expect(await outcome(road)).toMatchObject({ result: 'planned' });
    expect(road.applied).toEqual([]);
  });

  test('says of its preparation what was seen of it, which need not show on the target', async () => {
    const road = prepareFixPage();
    road.redefine('prepare', {
      ...prepares(road),
      look: async ({ instance }) => `record ${instance}`,
      verify: ({ seen }) => yes(`it is written in ${JSON.stringify(seen)}`),
    });
    const recovery = await start(road);
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
    const [prepared] = (await road.road.store.recovery(recovery))?.steps ?? [];
    expect(prepared).toMatchObject({ ended: 'tried', verdict: { ok: true } });
    expect(prepared?.verdict.reason).toBe('it is written in "record 1"');
  });

  test('waits for a platform that is silent about what was prepared', async () => {
    const road = prepareFixPage();
    let asked = 0;
    road.redefine('prepare', {
      ...prepares(road),
      async look() {
        if ((asked += 1) < 3) throw new ActionError('nobody answers', 'unreachable', true);
      },
    });
    expect(await outcome(road)).toMatchObject({ result: 'recovered' });
    expect(asked).toBe(3);
  });

  test('whose fix does not help ends not-recovered, and the page has the severity of its step', async () => {
    const road = prepareFixPage();
    road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
    expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
    expect(road.applied).toEqual(['prepare 0', 'fix 0']);
    expect(road.posted.map(({ labels }) => [labels['alertname'], labels['severity']])).toEqual([
      ['ParamedicRecoveryFailed', 'warning'],
    ]);
  });

  test('with nothing to fix ends not-recovered', async () => {
    const road = prepareFixPage();
    road.redefine('fix', { plan: () => no('nothing to fix') });
    expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
    expect(road.posted).toHaveLength(1);
  });

  test('recovers by its fix, and calls nobody', async () => {
    const road = prepareFixPage();
    expect(await outcome(road)).toMatchObject({ result: 'recovered' });
    expect(road.posted).toEqual([]);
  });
});

test('a playbook that only calls a human tries nothing, and is no recovery', async () => {
  const road = testRoad({ steps: [] });
  const [playbook] = road.config.playbooks;
  playbook?.steps.push({ verb: 'page', params: {}, verify: { withinMs: 1, stableMs: 1 } });
  expect(await outcome(road)).toEqual({
    result: 'not-recovered',
    reason: 'there was nothing to do: its playbook only calls a human',
  });
});

describe('what changes nothing of its target', () => {
  const harmless = (road: TestRoad) => ({ ...prepares(road), risk: 'none' }) as const;

  test('is no act on it: it uses nothing of a budget, and no cooldown begins with it', async () => {
    const road = prepareFixPage({ guardrails: [budget, cooldown] });
    road.redefine('prepare', harmless(road));
    road.redefine('fix', { plan: () => no('nothing to fix') });
    const recovery = await start(road);
    await run(road, recovery);
    expect(road.applied).toEqual(['prepare 0']);
    const found = await road.road.store.recovery(recovery);
    expect(await road.road.store.lastActed({ kind: 'thing', key: 'test/a' })).toBeUndefined();
    const counted = { scope: 'budget of target test/a: 3 per 1h', max: 3, windowMs: 3_600_000 };
    const now = road.clock.now();
    const mine = { recovery, attempt: 1, run: found?.run ?? '' };
    const next = await road.road.store.reopen(recovery, 1, 'by hand', now);
    expect(next).toEqual({ attempt: 2 });
    await road.road.store.begin({ ...mine, attempt: 2 }, 0);
    const claim = { act: 'other', limits: [counted], take: false, latch: false, now };
    expect(await road.road.store.claim({ ...mine, attempt: 2 }, claim)).toMatchObject([{ used: 0 }]);
  });

  test('is not begun where no change is allowed after it', async () => {
    const road = prepareFixPage({ guardrails: [budget] });
    road.redefine('prepare', harmless(road));
    const [playbook] = road.config.playbooks;
    Object.assign(playbook ?? {}, { guardrails: { budget: '1 per 1h' } });
    const recovery = await start(road);
    // The alert is on all the while, and its only act is used up by the first attempt.
    road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'not-recovered' } });
    await road.road.store.reopen(recovery, 1, 'by hand', road.clock.now());
    expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'blocked' } });
    expect(road.applied).toEqual(['prepare 0', 'fix 0']);
  });

  test('is not the first change: before that there has to be evidence where the risk is high', async () => {
    const road = prepareFixPage();
    road.redefine('prepare', harmless(road));
    road.redefine('fix', { risk: 'high' });
    const ended = await outcome(road);
    expect(ended).toMatchObject({ result: 'blocked', retryAfterMs: 60_000 });
    expect(ended.reason).toContain('fix/thing is of high risk, and nothing could be captured before it');
    expect(road.applied).toEqual(['prepare 0']);
  });

  test('is done again before what was approved, when it is due again by then', async () => {
    const road = prepareFixPage({ guardrails: [asksFirst('fix')] });
    let isDue = false;
    road.redefine('prepare', {
      ...harmless(road),
      plan: ({ target }) =>
        isDue
          ? [{ summary: 'prepare a', touches: [target.key], change: { candidate: 0, instance: 1 }, ownTimeMs: 1 }]
          : no('it is prepared already'),
    });
    const recovery = await start(road);
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'awaiting-approval' } });
    await approve(recovery, { by: 'ada' }, road.road);
    isDue = true;
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
    expect(road.applied).toEqual(['prepare 0', 'fix 0']);
  });
});
