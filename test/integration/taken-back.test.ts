import { describe, expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { yes } from '../../src/domain/verdict.ts';
import { upkeep } from '../../src/upkeep.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { FixDef, TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const pages = (road: TestRoad) => road.events.flatMap((event) => (event.event === 'page' ? [event.reason] : []));
const plan: FixDef['plan'] = ({ target, state: { instance } }) => [
  {
    summary: 'fix a',
    touches: [target.key],
    change: { candidate: 0, instance },
    ownTimeMs: 5_000,
    undo: 'unfix a',
  },
];
const away = async () => Promise.reject(new ActionError('no route', 'unreachable', true));
const byHand = 'to take it back by hand: unfix a';

/** A road whose fix changes something, does not help, and is taken back. */
function useless(more: Partial<FixDef> = {}) {
  const road = testRoad();
  const undone: string[] = [];
  const undo = async () => void undone.push('unfix a');
  road.redefine('fix', { plan, apply: async () => void road.applied.push('fix 0'), undo, ...more });
  return { road, undone, back: () => road.redefine('fix', { plan, undo }) };
}

describe('a change that can not be taken back because its platform is away', () => {
  test('is rung for when the other rings are spent, and a human is told once when that begins', async () => {
    const { road, undone, back } = useless({ undo: away });
    const recovery = await start(road);
    await expect(run(road, recovery, 1, 6, true, 60)).rejects.toThrow('no route');
    await expect(run(road, recovery, 1, 7, true, 59)).rejects.toThrow('no route');
    expect(pages(road)).toEqual([
      `no route; it may not have been taken back: fix a, ${byHand}; it is tried again each minute for an hour`,
    ]);
    expect(await road.road.store.openRecoveries()).toHaveLength(1);
    back();
    expect(await run(road, recovery, 1, 8, true, 58)).toMatchObject({ outcome: { result: 'not-recovered' } });
    expect(undone).toEqual(['unfix a']);
    expect(road.applied).toEqual(['fix 0']);
  });

  test('is named in the end when it is away for longer than that', async () => {
    const { road } = useless({ undo: away });
    const recovery = await start(road);
    const reason = `no route; it may not have been taken back: fix a, ${byHand}`;
    expect(await run(road, recovery, 1, 66, true, 0)).toEqual({ outcome: { result: 'failed', reason } });
    expect(pages(road)).toEqual([reason]);
  });

  test('is rung for too when it is not known whether it was done, or nobody can see whether it may be undone', async () => {
    const half = useless({ apply: away, settled: async () => 'unknown' });
    const recovery = await start(half.road);
    await expect(run(half.road, recovery)).rejects.toThrow('no route');
    await expect(run(half.road, recovery, 1, 6, true, 60)).rejects.toThrow('cannot see whether it was done: fix a');
    expect(pages(half.road)).toEqual([
      `cannot see whether it was done: fix a; it may be half done: fix a, ${byHand}; it is tried again each minute for an hour`,
    ]);

    const blind = useless();
    const { observe } = blind.road.kind;
    blind.road.redefine('fix', {
      plan,
      undo: async () => undefined,
      apply: async () => Promise.reject(new ActionError('gone', 'not-found', false)),
    });
    const note = blind.road.road.report;
    Object.assign(blind.road.road, {
      report: (event: Parameters<typeof note>[0]) => {
        if (event.event === 'trouble') blind.road.kind.observe = away;
        note(event);
      },
    });
    const second = await start(blind.road);
    await expect(run(blind.road, second, 1, 6, true, 60)).rejects.toThrow('no route');
    blind.road.kind.observe = observe;
    expect(await run(blind.road, second, 1, 7, true, 59)).toMatchObject({ outcome: { result: 'failed' } });
    expect(blind.road.events).toContainEqual(expect.objectContaining({ event: 'undone' }));
  });

  test('is not waited for where there is no way back, or nothing was done', async () => {
    const road = testRoad();
    road.redefine('fix', { apply: away, settled: async () => 'unknown' });
    const recovery = await start(road);
    await expect(run(road, recovery)).rejects.toThrow('no route');
    expect(await run(road, recovery, 1, 6, true, 60)).toMatchObject({
      outcome: { result: 'failed', reason: 'cannot see whether it was done: fix a; it may be half done: fix a' },
    });

    const nothing = useless();
    const other = await start(nothing.road);
    nothing.road.kind.observe = away;
    expect(await run(nothing.road, other, 1, 6, true, 60)).toMatchObject({ outcome: { reason: 'no route' } });
  });

  test('is named also when its job failed for good', async () => {
    const { road } = useless({ undo: away });
    const recovery = await start(road);
    await expect(run(road, recovery)).rejects.toThrow('no route');
    road.road.bell.state = async () => 'failed';
    await upkeep(road.road);
    expect(pages(road)).toEqual([
      `its job failed for good before it had an outcome; it may not have been taken back: fix a, ${byHand}`,
    ]);
  });
});

describe('an emergency stop after a fix that did not help', () => {
  const stops: [string, (road: TestRoad) => void][] = [
    ['the mode is observe', ({ config }) => (config.mode = 'observe')],
    ['test/a itself says that it is only to be looked at', ({ kind }) => (kind.mode = () => 'observe')],
  ];

  test.each(stops)('is heard before the undo: %s', async (said, stop) => {
    const { road, undone } = useless();
    road.clock.after(60_000, () => stop(road));
    const reason = `after 180 s: down; it is not undone, for ${said}; it stays: fix a, ${byHand}`;
    expect(await outcome(road)).toEqual({ result: 'not-recovered', reason });
    expect(undone).toEqual([]);
    expect(pages(road)).toEqual([reason]);
  });

  test.each(stops)('is heard also where the undo was begun: %s', async (said, stop) => {
    const { road, undone, back } = useless({ undo: away });
    const recovery = await start(road);
    await expect(run(road, recovery)).rejects.toThrow('no route');
    back();
    stop(road);
    const ended = await run(road, recovery, 1, 1);
    expect(ended).toMatchObject({ outcome: { result: 'not-recovered' } });
    expect(pages(road)).toEqual([
      `after 180 s: down; it is not undone, for ${said}; it may not have been taken back: fix a, ${byHand}`,
    ]);
    expect(undone).toEqual([]);
  });

  test('is heard where what a dead run had begun is not carried out any more', async () => {
    const { road, undone } = useless({ apply: away, settled: async () => 'not-done' });
    const recovery = await start(road);
    await expect(run(road, recovery)).rejects.toThrow('no route');
    road.config.mode = 'observe';
    await run(road, recovery, 1, 1);
    expect(pages(road)).toEqual([
      `not carried out any more: the mode is observe; it is not undone, for the mode is observe; it may be half done: fix a, ${byHand}`,
    ]);
    expect(undone).toEqual([]);
  });
});

test('what got well after its fix was taken back was not recovered by it', async () => {
  const { road } = useless({
    verify: () => yes('it happened'),
    undo: async () => void Object.assign(road.things.get('a') ?? {}, { symptoms: [] }),
  });
  expect(await outcome(road)).toMatchObject({ result: 'obsolete' });
});
