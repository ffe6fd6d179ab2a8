import { beforeEach, describe, expect, test } from 'vitest';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { risk } from '../../src/guardrails/risk/risk.ts';
import { defineGuardrail } from '../../src/domain/guardrail.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { z } from 'zod';
import { triage } from '../../src/flow.ts';
import { evidenceOf } from '../../src/road/take-evidence.ts';
import { approve, retry } from '../../src/road/answers.ts';
import { upkeep } from '../../src/upkeep.ts';
import { listing } from '../fakes/prometheus.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import { ada, calls, record, resultOf, waiting } from '../fakes/road-that-asks.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const minute = 60_000;

let road: TestRoad;
beforeEach(() => {
  road = testRoad({ mode: 'approve', guardrails: [mode, risk], steps: ['fix', 'other'] });
});

describe('a plan that a human has to say yes to', () => {
  test('waits with its target held, changes nothing, and calls a human with what is next', async () => {
    const recovery = await waiting(road);
    const { state, question, run: held, steps } = await record(road, recovery);
    expect({ state, held }).toEqual({ state: 'open', held: undefined });
    expect(question).toMatchObject({
      action: 'fix/thing',
      plan: { summary: 'fix a', touches: ['test/a'] },
      reason: 'mode: the mode is approve: a human has to say yes to this plan',
      at: road.clock.now(),
      expiresAt: road.clock.now() + 30 * minute,
    });
    expect(steps).toMatchObject([{ action: 'fix/thing', ended: 'awaiting' }]);
    expect(road.applied).toEqual([]);
    expect(calls(road)).toEqual(['fix a: mode: the mode is approve: a human has to say yes to this plan']);
    expect(await road.road.store.pages()).toMatchObject([
      {
        labels: { alertname: 'ParamedicApprovalNeeded', recovery_target: 'test/a' },
        annotations: { next: `paramedic recoveries show ${recovery}; paramedic recoveries approve ${recovery}` },
      },
    ]);
    const [decision] = await road.road.store.decisions(1);
    expect(decision?.reason).toMatch(/^awaiting-approval: /);
    await triage(road.delivery(road.alert({ fingerprint: 'f2', startsAt: road.clock.now() })), road.road);
    expect((await road.road.store.recoveries(10)).map(({ id }) => id)).toEqual([recovery]);
    expect(road.rings).toEqual([]);
  });

  test('is carried out once it is approved, and the call for a human is over', async () => {
    const recovery = await waiting(road);
    await road.clock.sleep(9 * minute);
    expect(await approve(recovery, ada, road.road)).toMatchObject({ ok: true });
    expect(road.rings).toEqual([{ recovery, attempt: 1, delayMs: 0 }]);
    expect(await road.road.store.pages()).toEqual([]);
    expect(await resultOf(road, recovery)).toBe('recovered');
    expect(road.applied).toEqual(['fix 0']);
    expect((await record(road, recovery)).steps[0]?.guardrails?.[0]).toEqual({
      kind: 'mode',
      verdict: { ok: true, reason: 'ada approved it' },
    });
  });

  test('is the plan that was approved: what pins the moment it was made is as it was shown', async () => {
    const made: number[] = [];
    road.redefine('fix', {
      plan: ({ target, state, now }) => [
        {
          summary: `fix a, ill for ${now - road.clock.start} ms`,
          touches: [target.key],
          change: { candidate: now, instance: state.instance },
          ownTimeMs: 0,
        },
      ],
      async apply({ candidate }) {
        made.push(candidate);
        Object.assign(road.things.get('a') ?? {}, { symptoms: [], instance: 2 });
      },
    });
    const recovery = await waiting(road);
    const shownAt = road.clock.now();
    await road.clock.sleep(minute);
    await approve(recovery, ada, road.road);
    expect(await resultOf(road, recovery)).toBe('recovered');
    expect(made).toEqual([shownAt]);
  });

  test('is never carried out when something else would be done by now, which is asked about anew', async () => {
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    Object.assign(road.things.get('a') ?? {}, { instance: 7 });
    expect(await resultOf(road, recovery)).toBe('stale');
    expect(road.applied).toEqual([]);
    await triage(road.delivery(road.alert()), road.road);
    expect(road.rings.at(-1)).toEqual({ recovery, attempt: 2, delayMs: 0 });
    expect(await resultOf(road, recovery, 2)).toBe('awaiting-approval');
    expect((await record(road, recovery)).question?.plan.change).toEqual({ candidate: 0, instance: 7 });
  });

  test('is never carried out when another step comes before it by now', async () => {
    road.redefine('fix', { plan: () => no('nothing to fix') });
    const recovery = await waiting(road);
    expect((await record(road, recovery)).question?.action).toBe('other/thing');
    await approve(recovery, ada, road.road);
    road.redefine('fix', {});
    expect(await resultOf(road, recovery)).toBe('stale');
    expect(road.applied).toEqual([]);
  });

  test('needs a yes of its own for each plan', async () => {
    road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    expect(await resultOf(road, recovery)).toBe('awaiting-approval');
    expect(road.applied).toEqual(['fix 0']);
    expect((await record(road, recovery)).question?.action).toBe('other/thing');
    expect((await record(road, recovery)).approval).toBeUndefined();
    await approve(recovery, ada, road.road);
    expect(await resultOf(road, recovery)).toBe('recovered');
    expect(road.applied).toEqual(['fix 0', 'other 0']);
  });

  test('ends when the alert is gone before anybody answers', async () => {
    const recovery = await waiting(road);
    await triage(road.delivery(road.alert({ status: 'resolved', endsAt: road.clock.now() })), road.road);
    expect(road.rings).toEqual([{ recovery, attempt: 1, delayMs: 0 }]);
    road.things.get('a')?.symptoms.pop();
    expect(await resultOf(road, recovery)).toBe('obsolete');
    expect(await approve(recovery, ada, road.road)).toEqual({
      ok: false,
      reason: `${recovery} does not wait for approval: it has ended obsolete`,
    });
  });

  test('asks the same thing again without a new deadline when it is looked at meanwhile', async () => {
    const recovery = await waiting(road);
    const { question } = await record(road, recovery);
    await road.clock.sleep(minute);
    expect(await resultOf(road, recovery)).toBe('awaiting-approval');
    expect((await record(road, recovery)).question).toEqual(question);
  });
});

describe('an approval', () => {
  test('that comes while the recovery looks again is not lost', async () => {
    const recovery = await waiting(road);
    road.redefine('fix', {
      async observe() {
        road.redefine('fix', {});
        await approve(recovery, ada, road.road);
      },
    });
    await run(road, recovery);
    expect(await record(road, recovery)).toMatchObject({ state: 'open', approval: { by: 'ada' } });
    expect(await resultOf(road, recovery)).toBe('recovered');
  });

  test('comes too late after half an hour, and a human is called once', async () => {
    const recovery = await waiting(road);
    await road.clock.sleep(30 * minute);
    expect(await approve(recovery, ada, road.road)).toEqual({
      ok: false,
      reason: `${recovery} waits for approval no more: it is too late`,
    });
    await upkeep(road.road);
    await upkeep(road.road);
    const { state, outcome } = await record(road, recovery);
    expect({ state, ...outcome }).toEqual({
      state: 'ended',
      result: 'stale',
      reason: 'nobody approved "fix a" within 30m',
      page: true,
    });
    expect(calls(road).slice(1)).toEqual(['nobody approved "fix a" within 30m']);
    expect(road.applied).toEqual([]);
  });

  test('is given once: the second one is told who was first', async () => {
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    expect(await approve(recovery, { by: 'bob' }, road.road)).toEqual({
      ok: false,
      reason: `${recovery} does not wait for approval: ada has approved it`,
    });
  });

  test('is not one for the next attempt', async () => {
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    road.redefine('fix', {
      async apply() {
        throw new Error('killed');
      },
    });
    await run(road, recovery);
    expect((await record(road, recovery)).outcome?.result).toBe('failed');
    await retry(recovery, ada, road.road);
    road.redefine('fix', {});
    expect(await resultOf(road, recovery, 2)).toBe('awaiting-approval');
  });

  test('is kept while only time holds the plan, and nobody is asked again', async () => {
    let holds = false;
    const other = defineGuardrail<undefined>({
      kind: 'other',
      params: z.undefined(),
      check: async () => (holds ? no('all places are taken', minute / 2) : yes('fine')),
    });
    road = testRoad({ mode: 'approve', guardrails: [mode, other] });
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    holds = true;
    expect(await run(road, recovery)).toEqual({
      nothing: 'it is approved, and held for a moment: other: all places are taken',
    });
    holds = false;
    road.road.bell.state = async () => 'completed';
    road.rings.length = 0;
    await upkeep(road.road);
    expect(road.rings).toEqual([{ recovery, attempt: 1, delayMs: 0 }]);
    expect(await resultOf(road, recovery)).toBe('recovered');
    expect(calls(road)).toHaveLength(1);
  });

  test('is kept while only time holds that it is planned again: it is not passed over as if there were nothing to do', async () => {
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    road.redefine('fix', { plan: () => no('its repository is in use', minute / 2) });
    expect(await run(road, recovery)).toEqual({
      nothing: 'it is approved, and held for a moment: its repository is in use',
    });
    road.redefine('fix', {});
    expect(await resultOf(road, recovery)).toBe('recovered');
    expect(calls(road)).toHaveLength(1);
  });

  test('does not help against a guardrail that holds it by now', async () => {
    let holds = false;
    const other = defineGuardrail<undefined>({
      kind: 'other',
      params: z.undefined(),
      check: async () => (holds ? no('not now') : yes('fine')),
    });
    road = testRoad({ mode: 'approve', guardrails: [mode, other] });
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    holds = true;
    expect(await resultOf(road, recovery)).toBe('blocked');
    expect(road.applied).toEqual([]);
  });
});

describe('nobody is asked', () => {
  test('while another guardrail holds it anyway', async () => {
    const other = defineGuardrail<undefined>({
      kind: 'other',
      params: z.undefined(),
      check: async () => no('not now', minute),
    });
    road = testRoad({ mode: 'approve', guardrails: [mode, other] });
    expect(await resultOf(road, await start(road))).toBe('blocked');
    expect(calls(road)).toEqual([]);
  });

  test('in mode act about a low risk; and a human is asked about a high one', async () => {
    road = testRoad({ guardrails: [mode, risk] });
    expect(await resultOf(road, await start(road))).toBe('recovered');
    road = testRoad({ guardrails: [mode, risk] });
    road.redefine('fix', { risk: 'high' });
    road.clients.prometheus = {
      ...listing(async () => []),
      rules: async () => [{ expression: 'up == 0', labels: {} }],
      query: async () => [{ labels: { job: 'a' }, value: 0 }],
    };
    const recovery = await waiting(road);
    expect((await record(road, recovery)).question?.reason).toMatch(/^risk: fix\/thing is of high risk/);
    expect(await evidenceOf(recovery, road.road)).toContain('up == 0');
    await approve(recovery, ada, road.road);
    expect(await resultOf(road, recovery)).toBe('recovered');
  });

  test('by the alert label recovery: approval in mode act, but for its plan', async () => {
    road = testRoad({ guardrails: [mode] });
    const labels = { alertname: 'Down', thing: 'a', recovery: 'approval' };
    await triage(road.delivery(road.alert({ labels })), road.road);
    expect(await resultOf(road, road.rings.at(-1)?.recovery ?? '')).toBe('awaiting-approval');
  });
});

test('what waits is not rung for: it holds no worker', async () => {
  const recovery = await waiting(road);
  expect((await road.road.store.openRecoveries()).map(({ id }) => id)).toEqual([recovery]);
  await upkeep(road.road);
  expect(road.rings).toEqual([]);
});
