import { describe, expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { no } from '../../src/domain/verdict.ts';
import { listing } from '../fakes/prometheus.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const pages = (road: TestRoad) => road.events.filter(({ event }) => event === 'page').length;

describe('what is under way by itself', () => {
  const starting = () => no('it is starting', 30_000);

  test('is looked at ever later, and for a quarter of an hour, before a human is called', async () => {
    const road = testRoad();
    road.redefine('fix', { plan: starting });
    const listed = { ...road.alert(), state: 'active', suppressedBy: [], receivers: [] } as const;
    road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: [listed] }) };
    const recovery = await start(road);
    const results: string[] = [];
    for (let attempt = 1; results.at(-1) !== 'not-recovered'; attempt += 1) {
      const ended = await run(road, recovery, attempt);
      if (!('outcome' in ended)) throw new Error(JSON.stringify(ended));
      results.push(ended.outcome.result);
      expect(pages(road)).toBe(ended.outcome.result === 'blocked' ? 0 : 1);
      if (ended.outcome.result === 'blocked') await road.clock.sleep(ended.outcome.retryAfterMs ?? 0);
    }
    expect(road.clock.now() - road.clock.start).toBeGreaterThanOrEqual(15 * 60_000);
    expect(results.length).toBeLessThan(15);
  });

  test('begins to be waited for anew when something else came between', async () => {
    const road = testRoad();
    road.redefine('fix', { plan: starting });
    const recovery = await start(road);
    await run(road, recovery, 1);
    await road.clock.sleep(60_000);
    road.things.set('a', { uid: 'u1', symptoms: [], instance: 1 });
    expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'obsolete' } });
    await road.clock.sleep(20 * 60_000);
    road.things.set('a', { uid: 'u1', symptoms: ['down'], instance: 2 });
    expect(await run(road, await start(road), 3)).toMatchObject({ outcome: { result: 'blocked' } });
  });

  test('moves the deadline of a step while it gets on, and not while it stands still', async () => {
    const road = testRoad();
    let done = 0;
    for (let at = 1; at <= 20; at += 1) {
      road.clock.after(at * 60_000, () => {
        done = at;
        if (at === 20) Object.assign(road.things.get('a') ?? {}, { symptoms: [], instance: 2 });
      });
    }
    road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
    Object.assign(road.kind, { progress: () => done });
    expect(await outcome(road)).toMatchObject({ result: 'recovered' });
    const still = testRoad();
    still.redefine('fix', { apply: async () => void still.applied.push('fix 0') });
    Object.assign(still.kind, { progress: () => 5 });
    expect(await outcome(still)).toMatchObject({ reason: 'fix/thing: after 180 s: down' });
  });
});

describe('mode observe', () => {
  test('wakes nobody, also where there is nothing to plan', async () => {
    const road = testRoad({ mode: 'observe' });
    road.redefine('fix', { plan: () => no('Argo CD owns it') });
    expect(await outcome(road)).toEqual({
      result: 'planned',
      reason: 'there was nothing to do: fix/thing: Argo CD owns it',
    });
    expect(pages(road)).toBe(0);
  });

  test('said by the object itself after the alert came is heard', async () => {
    const road = testRoad();
    const recovery = await start(road);
    Object.assign(road.kind, { mode: () => 'observe' });
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'planned' } });
    expect(road.applied).toEqual([]);
  });
});

describe('a run that was found in applying, without the effect', () => {
  async function cutOff(): Promise<{ road: TestRoad; recovery: string }> {
    const road = testRoad();
    const recovery = await start(road);
    road.redefine('fix', {
      apply: async () => Promise.reject(new ActionError('the line was cut', 'unreachable', true)),
    });
    await expect(run(road, recovery)).rejects.toThrow('the line was cut');
    road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
    return { road, recovery };
  }

  test('does nothing when the mode is observe by now', async () => {
    const { road, recovery } = await cutOff();
    road.config.mode = 'observe';
    expect(await run(road, recovery)).toMatchObject({
      outcome: { result: 'blocked', reason: 'fix/thing: not carried out any more: the mode is observe' },
    });
    expect(road.applied).toEqual([]);
  });

  test('does nothing when the target is well by now', async () => {
    const { road, recovery } = await cutOff();
    road.things.set('a', { uid: 'u1', symptoms: [], instance: 1 });
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'obsolete' } });
    expect(road.applied).toEqual([]);
  });

  test('does nothing when its alert is gone', async () => {
    const { road, recovery } = await cutOff();
    road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: [] }) };
    const ended = await run(road, recovery);
    expect(ended).toMatchObject({ outcome: { result: 'blocked' } });
    expect(road.applied).toEqual([]);
  });

  test('finishes what is half done though its alert is gone, which may be why', async () => {
    const { road, recovery } = await cutOff();
    road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: [] }) };
    const apply = async () => {
      road.applied.push('the rest');
      road.things.set('a', { uid: 'u1', symptoms: [], instance: 2 });
    };
    road.redefine('fix', { apply, settled: async () => 'half-done' });
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
    expect(road.applied).toEqual(['the rest']);
  });

  test('leaves what is half done as it is when the mode is observe by now', async () => {
    const { road, recovery } = await cutOff();
    road.config.mode = 'observe';
    let undone = 0;
    road.redefine('fix', { settled: async () => 'half-done', undo: async () => void (undone += 1) });
    expect(await run(road, recovery)).toMatchObject({
      outcome: {
        result: 'not-recovered',
        reason: expect.stringMatching(/; it is not undone, for the mode is observe/),
      },
    });
    expect([road.applied, undone]).toEqual([[], 0]);
  });
});

describe('a target whose trouble does not show on it', () => {
  function silent(): TestRoad {
    const road = testRoad();
    road.kind.showsOnObject = false;
    road.clients.prometheus = listing(async () => []);
    return road;
  }

  test('that is gone ends its recovery', async () => {
    const road = silent();
    const recovery = await start(road);
    road.things.delete('a');
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'obsolete' } });
  });

  test('has not recovered while Prometheus can not be asked', async () => {
    const road = silent();
    road.clients.prometheus = listing(async () => Promise.reject(new ActionError('no route', 'unreachable', true)));
    expect(await outcome(road)).toMatchObject({ result: 'not-recovered', reason: 'fix/thing: after 180 s: no route' });
  });

  test('has not recovered while labels that are refused hold its name', async () => {
    const road = silent();
    const recovery = await start(road);
    road.clients.prometheus = listing(async () => [{ alertname: 'Down', thing: 'a', cluster: 'elsewhere' }]);
    road.kind.confirm = async () => no('the cluster elsewhere is not configured');
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'not-recovered' } });
  });

  test('keeps an effect that protects others although it stays ill, and loses one that did not come about', async () => {
    for (const [comesAbout, undone] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const road = silent();
      let undos = 0;
      road.clients.prometheus = listing(async () => [{ alertname: 'Down', thing: 'a' }]);
      road.redefine('fix', {
        keepsEffect: true,
        apply: async () => void (comesAbout && Object.assign(road.things.get('a') ?? {}, { instance: 2 })),
        undo: async () => void (undos += 1),
      });
      expect((await outcome(road)).result).toBe('not-recovered');
      expect(undos).toBe(undone);
    }
  });
});

test('a platform that is silent for longer than the deadline does not have a good fix undone', async () => {
  const road = testRoad();
  let undos = 0;
  const { observe } = road.kind;
  road.redefine('fix', {
    undo: async () => void (undos += 1),
    apply: async ({ instance }) => {
      Object.assign(road.things.get('a') ?? {}, { symptoms: [], instance: instance + 1 });
      road.kind.observe = async () => Promise.reject(new ActionError('no route', 'unreachable', true));
      road.clock.after(road.clock.now() - road.clock.start + 250_000, () => (road.kind.observe = observe));
    },
  });
  expect(await outcome(road)).toMatchObject({ result: 'recovered' });
  expect(undos).toBe(0);
});
