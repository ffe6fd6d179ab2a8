import { beforeEach, describe, expect, test } from 'vitest';
import { triage } from '../../src/flow.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { approve, cancel, reject } from '../../src/road/answers.ts';
import { roadsOnRedis, start } from '../fakes/road-on-redis.ts';
import { ada, calls, record, resultOf, waiting } from '../fakes/road-that-asks.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

let road: TestRoad;
beforeEach(() => {
  road = testRoad({ mode: 'approve', guardrails: [mode] });
});

describe('a no', () => {
  test('ends it, frees its target and calls nobody', async () => {
    const recovery = await waiting(road);
    expect(await reject(recovery, { by: 'ada', reason: 'not on a Friday' }, road.road)).toMatchObject({ ok: true });
    expect((await record(road, recovery)).outcome).toEqual({
      result: 'rejected',
      reason: 'ada rejected it: not on a Friday',
    });
    expect(calls(road)).toHaveLength(1);
    expect(await resultOf(road, recovery)).toBe('nothing');
    expect(road.applied).toEqual([]);
    await triage(road.delivery(road.alert()), road.road);
    expect(road.rings).toEqual([]);
    expect(await reject(recovery, ada, road.road)).toEqual({
      ok: false,
      reason: `${recovery} does not wait for approval: it has ended`,
    });
  });

  test('and a yes at once: one of them counts', async () => {
    const recovery = await waiting(road);
    const answers = await Promise.all([reject(recovery, ada, road.road), approve(recovery, ada, road.road)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test('cancels what waits', async () => {
    const recovery = await waiting(road);
    expect(await cancel(recovery, ada, road.road)).toMatchObject({ ok: true });
    expect((await record(road, recovery)).outcome?.reason).toBe('ada cancelled it');
  });

  test('cancels what is under way: nothing more is changed, and what was done is told', async () => {
    road = testRoad({ guardrails: [mode], steps: ['fix', 'other'] });
    road.redefine('fix', {
      async apply() {
        road.applied.push('fix 0');
        await cancel(recovery, { by: 'ada', reason: 'enough' }, road.road);
      },
    });
    const recovery = await start(road);
    expect(await resultOf(road, recovery)).toBe('rejected');
    expect((await record(road, recovery)).outcome?.reason).toMatch(/^ada cancelled it \(enough\)/);
    expect(road.applied).toEqual(['fix 0']);
    expect(await cancel(recovery, ada, road.road)).toEqual({ ok: false, reason: `${recovery} has ended already` });
  });
});
