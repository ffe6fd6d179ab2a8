import { describe, expect, test } from 'vitest';
import { yes } from '../../src/domain/verdict.ts';
import { recover } from '../../src/flow.ts';
import { deployment } from '../../src/targets/deployment/deployment.ts';
import type { Thing } from '../fakes/road.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import { ill, pod, workload } from '../fakes/workload-state.ts';

const testRoad = roadsOnRedis();
const minute = 60_000;

describe('a run that takes over a roll-out after its first deadline', () => {
  /** The first run is cut off after 5 min of a roll-out; `verify.within` is 3 min. */
  async function handedOver(stepsOfMinutes: number) {
    const road = testRoad();
    const undone: string[] = [];
    let step = 1;
    for (let at = 1; at <= stepsOfMinutes; at += 1) road.clock.after(at * minute, () => (step += 1));
    road.kind.progress = ({ symptoms }) => (symptoms.length > 0 ? step : 0);
    road.redefine('fix', {
      apply: async () => void Object.assign(road.things.get('a') ?? {}, { symptoms: ['its rollout is under way'] }),
      verify: () => yes('it shows'),
      undo: async () => void undone.push('undo'),
    });
    const recovery = await start(road);
    const stop = new AbortController();
    road.clock.after(5 * minute, () => stop.abort(new Error('handed over')));
    const ring = { recovery, attempt: 1, made: 0, lastTry: false };
    await expect(recover(ring, road.road, stop.signal)).rejects.toThrow('handed over');
    return { road, undone, recovery };
  }

  test('goes on watching what gets on', async () => {
    const { road, undone, recovery } = await handedOver(20);
    road.clock.after(8 * minute, () => Object.assign(road.things.get('a') ?? {}, { symptoms: [] }));
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
    expect(undone).toEqual([]);
  });

  test('gives what stands still one standstill, and no more', async () => {
    const { road, undone, recovery } = await handedOver(4);
    const { outcome: ended } = { outcome: undefined, ...(await run(road, recovery)) };
    expect(ended).toMatchObject({ reason: 'fix/thing: after 420 s: its rollout is under way' });
    expect(undone).toEqual(['undo']);
  });
});

test('a roll-out that only is under way does not move the deadline of the run that began it', async () => {
  const road = testRoad();
  const verify = { withinMs: 60_000, stableMs: 10_000 };
  road.config.playbooks = road.config.playbooks.map((one) => ({
    ...one,
    steps: one.steps.map((step) => ({ ...step, verify })),
  }));
  road.kind.progress = () => 5;
  road.redefine('fix', { apply: async () => undefined });
  expect(await outcome(road)).toMatchObject({ reason: 'fix/thing: after 60 s: down' });
});

describe('pods that were added and are starting', () => {
  const hung = workload({ pods: [pod('a'), ill('b'), ill('c')] });
  async function scaledTo(after: typeof hung): Promise<string[]> {
    const road = testRoad();
    const undone: string[] = [];
    const look = ({ instance }: Thing) => (instance === 1 ? hung : after);
    road.kind.symptoms = (thing) => deployment.symptoms(look(thing));
    road.kind.illness = (thing) => deployment.illness?.(look(thing)) ?? [];
    road.redefine('fix', {
      apply: async () => void Object.assign(road.things.get('a') ?? {}, { instance: 2 }),
      undo: async () => void undone.push('undo'),
    });
    expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
    return undone;
  }
  const starting = ['d', 'e', 'f'].map((name) => pod(name, { ready: false }));

  test('do not hide that fewer are ill: what helped in part is kept', async () => {
    const pods = [pod('a'), pod('b'), ill('c'), ...starting];
    expect(await scaledTo(workload({ pods, starting: 3 }))).toEqual([]);
  });

  test('are no help by themselves: as many are ill as before', async () => {
    const pods = [pod('a'), ill('b'), ill('c'), ...starting];
    expect(await scaledTo(workload({ pods, starting: 3 }))).toEqual(['undo']);
  });
});
