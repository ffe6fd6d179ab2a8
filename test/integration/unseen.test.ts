import { expect, test } from 'vitest';
import { listing } from '../fakes/prometheus.ts';
import { outcome, roadsOnRedis } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

/** A thing that looks well, whose alert fires until it was acted on `acts` times. */
function loaded(road: TestRoad, acts: number): void {
  road.things.set('a', { uid: 'u1', symptoms: [], instance: 1 });
  road.clients.prometheus = listing(async () =>
    road.applied.length < acts ? [{ alertname: 'Down', thing: 'a' }] : [],
  );
}

test('what mends trouble that does not show on the target is done though it looks well', async () => {
  const road = testRoad({ steps: ['scale'] });
  road.redefine('scale', { unseen: true });
  loaded(road, 1);
  expect((await outcome(road)).result).toBe('recovered');
  expect(road.applied).toEqual(['scale 0']);
});

test('it has not recovered while its alert goes on, and what was added stays', async () => {
  const road = testRoad({ steps: ['scale'] });
  let undone = 0;
  road.redefine('scale', {
    unseen: true,
    keepsEffect: true,
    plan: ({ target, state: { instance } }) => [
      {
        summary: 'add to a',
        touches: [target.key],
        change: { candidate: 0, instance },
        ownTimeMs: 5_000,
        undo: 'take from a',
      },
    ],
    undo: async () => void (undone += 1),
  });
  loaded(road, 2);
  const ended = await outcome(road);
  expect(ended.result).toBe('not-recovered');
  const stays = 'it stays: add to a, to take it back by hand: take from a';
  expect(ended.reason).toBe(`scale/thing: after 180 s: Down is still firing in Prometheus; ${stays}`);
  expect(undone).toBe(0);
});

test('a later step does not take the look of the target for a recovery', async () => {
  const road = testRoad({ steps: ['scale', 'fix'] });
  road.redefine('scale', { unseen: true, keepsEffect: true });
  loaded(road, 2);
  expect((await outcome(road)).result).toBe('recovered');
  expect(road.applied).toEqual(['scale 0', 'fix 0']);
});

test('without such a step a target that looks well is left alone', async () => {
  const road = testRoad();
  loaded(road, 1);
  expect(await outcome(road)).toMatchObject({ result: 'obsolete' });
  expect(road.applied).toEqual([]);
});
