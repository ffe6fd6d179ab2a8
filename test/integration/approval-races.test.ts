import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGuardrail } from '../../src/domain/guardrail.ts';
import { no, type Verdict, yes } from '../../src/domain/verdict.ts';
import { triage } from '../../src/flow.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { act } from '../../src/http/recovery-acts.ts';
import { approve, cancel, reject } from '../../src/road/answers.ts';
import { upkeep } from '../../src/upkeep.ts';
import { roadsOnLossyRedis } from '../fakes/lossy-redis.ts';
import { listing } from '../fakes/prometheus.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import { ada, calls, record, resultOf, waiting } from '../fakes/road-that-asks.ts';
import type { TestRoad } from '../fakes/road.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';

const testRoad = roadsOnRedis();
const lossy = roadsOnLossyRedis();
const minute = 60_000;
const asking: Parameters<typeof testRoad>[0] = { mode: 'approve', guardrails: [mode, paused] };
const notTheQuestion = 'This is not the question any more that you were shown: look at it again';

/** Another instance is ill by now: what would be done is another plan. */
const another = (road: TestRoad): void => void Object.assign(road.things.get('a') ?? {}, { instance: 7 });

/** Happens once, while the action reads what it needs: it was looked whether it is needed, and no guardrail was asked yet. */
function whileItLooks(road: TestRoad, what: () => unknown): void {
  road.redefine('fix', {
    async observe() {
      road.redefine('fix', {});
      await what();
    },
  });
}

/** It waits for a yes to its second step, for the first one is held; until `release`. */
async function behindHeld(options: { mode?: 'approve'; asks?: 'other' } = {}) {
  let holds = true;
  const cooldown = defineGuardrail<undefined>({
    kind: 'cooldown',
    params: z.undefined(),
    check: async ({ action }) => (action.verb === 'fix' && holds ? no('not now', minute) : yes('')),
  });
  const asks = defineGuardrail<undefined>({
    kind: 'asks',
    params: z.undefined(),
    check: async ({ action, approval }) =>
      action.verb === options.asks && !approval ? { ok: false, reason: 'may it?', approvable: true } : yes(''),
  });
  const road = testRoad({
    ...(options.mode && { mode: options.mode }),
    guardrails: [mode, cooldown, asks],
    steps: ['fix', 'other'],
  });
  Object.assign(road.config, { freshnessMs: 1e9 });
  const recovery = await waiting(road);
  expect((await record(road, recovery)).question?.action).toBe('other/thing');
  return { road, recovery, release: () => (holds = false) };
}

test('a yes to a step behind one that is held is carried out, and not asked for again', async () => {
  const { road, recovery } = await behindHeld({ mode: 'approve' });
  expect(await approve(recovery, ada, road.road)).toMatchObject({ ok: true });
  expect(await resultOf(road, recovery)).toBe('recovered');
  expect(road.applied).toEqual(['other 0']);
  expect(calls(road)).toHaveLength(1);
});

describe('while an earlier step, which is let by now, is carried out, the question of before', () => {
  test('takes no answer: nobody is told that nothing was changed', async () => {
    const { road, recovery, release } = await behindHeld({ asks: 'other' });
    release();
    const said: Verdict[] = [];
    road.redefine('fix', {
      async apply() {
        said.push(await reject(recovery, ada, road.road), await approve(recovery, ada, road.road));
        another(road);
        road.things.get('a')?.symptoms.pop();
      },
    });
    expect(await resultOf(road, recovery)).toBe('recovered');
    const reason = `${recovery} does not wait for approval: it is under way`;
    expect(said).toEqual([
      { ok: false, reason },
      { ok: false, reason },
    ]);
  });

  test('does not run out: the recovery ends by what it did', async () => {
    const { road, recovery, release } = await behindHeld({ asks: 'other' });
    await road.clock.sleep(29.9 * minute);
    release();
    road.redefine('fix', {
      async apply() {
        another(road);
        road.things.get('a')?.symptoms.pop();
        await road.clock.sleep(minute);
        await upkeep(road.road);
      },
    });
    expect(await resultOf(road, recovery)).toBe('recovered');
    const { state, outcome } = await record(road, recovery);
    expect({ state, result: outcome?.result }).toEqual({ state: 'ended', result: 'recovered' });
    expect(calls(road)).toEqual(['other a: asks: may it?']);
    expect(await road.road.store.pages()).toEqual([]);
  });
});

describe('between the look and the question', () => {
  test('a word that cancels it is not lost: nobody is asked', async () => {
    const road = testRoad(asking);
    const recovery = await start(road);
    whileItLooks(road, () => cancel(recovery, ada, road.road));
    await run(road, recovery);
    expect((await record(road, recovery)).question).toBeUndefined();
    road.road.bell.state = async () => 'completed';
    road.rings.length = 0;
    await upkeep(road.road);
    expect(road.rings).toEqual([{ recovery, attempt: 1, delayMs: 0 }]);
    expect(await resultOf(road, recovery)).toBe('rejected');
    expect(await road.road.store.pages()).toEqual([]);
  });

  test('the end of its alert is not lost: it is looked at once more, and the call is over', async () => {
    const road = testRoad(asking);
    const recovery = await start(road);
    whileItLooks(road, () =>
      triage(road.delivery(road.alert({ status: 'resolved', endsAt: road.clock.now() })), road.road),
    );
    expect(await resultOf(road, recovery)).toBe('awaiting-approval');
    road.rings.length = 0;
    await upkeep(road.road);
    expect(road.rings).toEqual([{ recovery, attempt: 1, delayMs: 0 }]);
    road.things.get('a')?.symptoms.pop();
    expect(await resultOf(road, recovery)).toBe('obsolete');
    expect(calls(road)).toHaveLength(1);
    expect(await road.road.store.pages()).toEqual([]);
  });
});

test.each([
  ['no', reject, 'rejected'],
  ['yes', approve, undefined],
] as const)('a %s between the question and its call ends the call', async (_word, answer, result) => {
  const road = testRoad(asking);
  const recovery = await start(road);
  const { store } = road.road;
  const { ask } = store;
  store.ask = async (...asked) => {
    const put = await ask(...asked);
    await answer(recovery, ada, road.road);
    return put;
  };
  await run(road, recovery);
  await upkeep(road.road);
  expect(await store.pages()).toEqual([]);
  expect((await record(road, recovery)).outcome?.result).toBe(result);
});

test.each([
  ['a yes', approve, ['approved'], undefined],
  ['a no', reject, ['rejected'], 'rejected'],
  ['a word that cancels it', cancel, ['cancelled'], 'rejected'],
  ['the end of its time', late, [], 'stale'],
] as const)('%s whose answer is lost is said once, and was heard', async (_word, say, deeds, result) => {
  const road = lossy.road(asking);
  const recovery = await waiting(road);
  const before = lossy.lost();
  lossy.lose('"token":"');
  expect(await say(recovery, ada, road.road)).toMatchObject({ ok: true });
  expect(lossy.lost()).toBe(before + 1);
  expect((await road.road.store.audit({ since: 0, limit: 9 })).map(({ what }) => what)).toEqual(deeds);
  expect((await record(road, recovery)).outcome?.result).toBe(result);
  const open = result === 'stale' ? [{ labels: { recovery_outcome: 'stale' } }] : [];
  expect(await road.road.store.pages()).toMatchObject(open);
  expect(road.rings).toHaveLength(result === undefined ? 1 : 0);
  const told = road.events.flatMap((event) => (event.event === 'ended' ? [event.outcome.result] : []));
  expect(told).toEqual(['awaiting-approval', ...(result === undefined ? [] : [result])]);
});

async function late(_recovery: string, _by: unknown, road: TestRoad['road']): Promise<Verdict> {
  await road.clock.sleep(31 * minute);
  await upkeep(road);
  return yes('it was looked after');
}

describe('a question that has changed meanwhile', () => {
  async function scene() {
    const road = testRoad(asking);
    Object.assign(road.config, { freshnessMs: 1e9 });
    const recovery = await waiting(road);
    const asked = (await record(road, recovery)).question?.at;
    await road.clock.sleep(30 * minute);
    const asksAnew = async (): Promise<void> => {
      another(road);
      expect(await resultOf(road, recovery)).toBe('awaiting-approval');
    };
    return { road, recovery, asked, asksAnew, store: road.road.store };
  }

  test('is not ended for the one before it, whose time is over', async () => {
    const { road, recovery, asksAnew, store } = await scene();
    const { openRecoveries } = store;
    store.openRecoveries = async () => {
      const seen = await openRecoveries();
      await asksAnew();
      return seen;
    };
    await upkeep(road.road);
    expect(await record(road, recovery)).toMatchObject({
      state: 'open',
      question: { plan: { change: { instance: 7 } } },
    });
    expect(await store.pages()).toHaveLength(1);
  });

  test.each([
    ['yes', 'approve'],
    ['no', 'reject'],
  ] as const)('is not answered by a %s to the one that was shown', async (_said, word) => {
    const { road, recovery, asked, asksAnew, store } = await scene();
    const { approve: storesYes, dismiss: storesNo } = store;
    store.approve = async (...said) => asksAnew().then(() => storesYes(...said));
    store.dismiss = async (...said) => asksAnew().then(() => storesNo(...said));
    const { deps } = toldRecoveries([]);
    const recoveries = {
      ...deps.recoveries,
      show: store.recovery,
      approve: (id: string, by: string, at?: number) => approve(id, { by, asked: at }, road.road),
      reject: (id: string, by: string, reason: string, at?: number) => reject(id, { by, reason, asked: at }, road.road),
    };
    const said = await act(word, recovery, { ...ada, asked }, { ...deps, recoveries });
    expect(said).toEqual({ ok: false, reason: notTheQuestion });
    const { state, approval, question } = await record(road, recovery);
    expect({ state, approval, change: question?.plan.change }).toMatchObject({
      state: 'open',
      change: { instance: 7 },
    });
    expect(approval).toBeUndefined();
    expect(await resultOf(road, recovery)).toBe('awaiting-approval');
    expect(road.applied).toEqual([]);
  });
});

test('what is held because no evidence can be had uses up no budget', async () => {
  const road = testRoad({ guardrails: [budget] });
  Object.assign(road.config, { guardrails: { budget: '1 per 1h' } });
  road.redefine('fix', { risk: 'high' });
  const recovery = await start(road);
  for (const attempt of [1, 2, 3]) {
    expect(await resultOf(road, recovery, attempt)).toBe('blocked');
    expect((await record(road, recovery)).outcome?.reason).toContain('nothing could be captured before it');
  }
  expect(await road.road.store.latches()).toEqual([]);
  road.clients.prometheus = {
    ...listing(async () => []),
    rules: async () => [{ expression: 'up == 0', labels: {} }],
    query: async () => [{ labels: { job: 'a' }, value: 0 }],
  };
  expect(await resultOf(road, recovery, 4)).toBe('recovered');
  expect(calls(road)).toEqual([]);
});
