import { describe, expect, test } from 'vitest';
import type { Result } from '../../src/domain/recovery.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { recover } from '../../src/flow.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { approve, cancel } from '../../src/road/answers.ts';
import { pause } from '../../src/road/brakes.ts';
import { roadsOnRedis, start } from '../fakes/road-on-redis.ts';
import { ada, resultOf, waiting } from '../fakes/road-that-asks.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

/** Happens once, when the last guardrail has been asked. */
function afterTheGuardrails({ road: { store } }: TestRoad, what: () => unknown): void {
  const { claim } = store;
  store.claim = async (...asked) => {
    const counts = await claim(...asked);
    if (asked[1].take) {
      store.claim = claim;
      await what();
    }
    return counts;
  };
}

/** Happens once, at the last moment: the act is about to be written down. */
function beforeTheAct({ road: { store } }: TestRoad, what: () => unknown): void {
  const { journal } = store;
  store.journal = async (by, entry) => {
    if (entry.phase === 'applying') {
      store.journal = journal;
      await what();
    }
    return journal(by, entry);
  };
}

type Said = readonly [string, (road: TestRoad, recovery: string) => unknown, Result, Result | 'nothing'];
const stops: readonly Said[] = [
  ['it is cancelled', (road, recovery) => cancel(recovery, ada, road.road), 'rejected', 'nothing'],
  ['all is paused', ({ road }) => pause({ scope: 'global', by: 'ada', reason: '' }, road), 'blocked', 'blocked'],
  ['the mode is observe', ({ config }) => (config.mode = 'observe'), 'blocked', 'planned'],
];
const narrowed: Said = [
  'the mode is approve',
  ({ config }) => (config.mode = 'approve'),
  'blocked',
  'awaiting-approval',
];

describe('what was said between the guardrails and the act counts', () => {
  test.each([...stops, narrowed])('%s: it is not done', async (_what, say, ended, next) => {
    const road = testRoad({ guardrails: [mode, paused] });
    const recovery = await start(road);
    afterTheGuardrails(road, () => say(road, recovery));
    expect(await resultOf(road, recovery)).toBe(ended);
    expect(await resultOf(road, recovery, 2)).toBe(next);
    expect(road.applied).toEqual([]);
  });

  test.each(stops)('%s: it is not done, though somebody has said yes', async (_what, say, ended) => {
    const road = testRoad({ mode: 'approve', guardrails: [mode, paused] });
    const recovery = await waiting(road);
    await approve(recovery, ada, road.road);
    afterTheGuardrails(road, () => say(road, recovery));
    expect(await resultOf(road, recovery)).toBe(ended);
    expect(road.applied).toEqual([]);
  });

  test('at the last moment too: nothing is changed after somebody was told that it is cancelled', async () => {
    const road = testRoad();
    const recovery = await start(road);
    let said: Verdict | undefined;
    beforeTheAct(road, async () => (said = await cancel(recovery, ada, road.road)));
    expect(await resultOf(road, recovery)).toBe('nothing');
    expect(said).toMatchObject({ ok: true });
    expect(await resultOf(road, recovery)).toBe('rejected');
    expect(road.applied).toEqual([]);
  });
});

test.each([
  ['half-done', 1],
  ['not-done', 0],
] as const)('what is found %s where the mode is approve by now is not applied without a yes', async (found, undos) => {
  const road = testRoad({ guardrails: [mode] });
  const killed = new AbortController();
  let undone = 0;
  const apply = async (): Promise<void> => {
    killed.abort(new Error('killed'));
    killed.signal.throwIfAborted();
  };
  const ends = { settled: async () => found, undo: async () => void (undone += 1) };
  road.redefine('fix', { ...ends, apply });
  const recovery = await start(road);
  const ring = { recovery, attempt: 1, made: 0, lastTry: false };
  await expect(recover(ring, road.road, killed.signal)).rejects.toThrow('killed');
  road.redefine('fix', ends);
  road.config.mode = 'approve';
  expect(await resultOf(road, recovery)).toBe('blocked');
  expect([road.applied, undone]).toEqual([[], undos]);
  expect(await resultOf(road, recovery, 2)).toBe('awaiting-approval');
});
