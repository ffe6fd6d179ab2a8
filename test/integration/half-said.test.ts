import { expect, test } from 'vitest';
import { z } from 'zod';
import type { PostedAlert } from '../../src/domain/clients.ts';
import { defineGuardrail } from '../../src/domain/guardrail.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { recover } from '../../src/flow.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { approve, cancel } from '../../src/road/answers.ts';
import { pause, resume } from '../../src/road/brakes.ts';
import { upkeep } from '../../src/upkeep.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import { ada, calls, record, resultOf, waiting } from '../fakes/road-that-asks.ts';

const testRoad = roadsOnRedis();
const minute = 60_000;

test('who cancels it while the question is being put cancels the question', async () => {
  const road = testRoad({ mode: 'approve', guardrails: [mode] });
  const recovery = await start(road);
  const { store } = road.road;
  const { dismiss } = store;
  // There is no question yet that could be dismissed; then there is.
  store.dismiss = async (...said) => {
    store.dismiss = dismiss;
    const answer = await dismiss(...said);
    await resultOf(road, recovery);
    return answer;
  };
  expect(await cancel(recovery, ada, road.road)).toMatchObject({ ok: true });
  expect(await record(road, recovery)).toMatchObject({ state: 'ended', outcome: { result: 'rejected' } });
  expect(await road.road.store.pages()).toEqual([]);
  expect(await approve(recovery, { by: 'bob' }, road.road)).toMatchObject({ ok: false });
});

test('a question that its recovery takes back is not told to have been answered', async () => {
  let holds = true;
  const waits = defineGuardrail<undefined>({
    kind: 'waits',
    params: z.undefined(),
    check: async ({ action }) => (action.verb === 'fix' && holds ? no('not now', minute) : yes('')),
  });
  const asks = defineGuardrail<undefined>({
    kind: 'asks',
    params: z.undefined(),
    check: async ({ action, approval }) =>
      action.verb === 'other' && !approval ? { ok: false, reason: 'may it?', approvable: true } : yes(''),
  });
  const road = testRoad({ guardrails: [asks, waits], steps: ['fix', 'other'] });
  Object.assign(road.config, { freshnessMs: 60 * minute });
  const posted: PostedAlert[] = [];
  road.clients.pager = { post: async (alerts) => ({ reachable: posted.push(...alerts), errors: [] }) };
  const recovery = await waiting(road);
  await road.clock.sleep(minute);
  holds = false;
  road.redefine('fix', { apply: async () => void (await upkeep(road.road)) });
  await resultOf(road, recovery);
  const because = posted.flatMap(({ annotations }) => annotations['resolved_because'] ?? []);
  expect(because).toEqual(['it goes on without an answer']);
});

test('what is half done, and is not finished without a yes, is told to a human', async () => {
  const road = testRoad({ guardrails: [mode] });
  const killed = new AbortController();
  road.redefine('fix', {
    settled: async () => 'half-done',
    async apply() {
      killed.abort(new Error('killed'));
      killed.signal.throwIfAborted();
    },
  });
  const recovery = await start(road);
  const died = recover({ recovery, attempt: 1, made: 0, lastTry: false }, road.road, killed.signal);
  await expect(died).rejects.toThrow('killed');
  road.config.mode = 'approve';
  expect(await resultOf(road, recovery)).toBe('blocked');
  expect(calls(road)).toEqual([expect.stringContaining('it is half done')]);
});

test('what was stopped at the last moment has used up no budget', async () => {
  const road = testRoad({ guardrails: [paused, budget] });
  Object.assign(road.config, { guardrails: { budget: '1 per 1h' } });
  const recovery = await start(road);
  const { store } = road.road;
  const { claim } = store;
  store.claim = async (...asked) => {
    const counts = await claim(...asked);
    if (!asked[1].take) return counts;
    store.claim = claim;
    await pause({ scope: 'global', by: 'ada', reason: '' }, road.road);
    return counts;
  };
  expect(await resultOf(road, recovery)).toBe('blocked');
  expect(road.applied).toEqual([]);
  await resume('global', 'ada', road.road);
  expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(await store.latches()).toEqual([]);
});

test('a question is not put before somebody was called for it', async () => {
  const road = testRoad({ mode: 'approve', guardrails: [mode] });
  const recovery = await start(road);
  const { store } = road.road;
  const { openPage } = store;
  store.openPage = () => Promise.reject(new Error('Redis went away'));
  await run(road, recovery).catch(() => undefined);
  expect((await record(road, recovery)).question).toBeUndefined();
  store.openPage = openPage;
});

test('a run that fails after it was replaced says so, and nothing else', async () => {
  const road = testRoad();
  road.redefine('fix', {
    async apply() {
      await road.road.store.begin({ recovery, attempt: 1, run: 'another' }, 0);
      throw new Error('it broke');
    },
  });
  const recovery = await start(road);
  expect(await run(road, recovery, 1, 0, true)).toEqual({ nothing: `another run looks after ${recovery} now` });
});
