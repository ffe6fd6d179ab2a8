import { expect, test } from 'vitest';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const pause = { scope: 'global', by: 'jane', reason: '', at: 0 };

test('what is paused while it is watched is not undone: a human is told what stays', async () => {
  const road = testRoad();
  let undone = 0;
  road.redefine('fix', {
    apply: async () => road.road.store.pause(pause),
    undo: async () => void (undone += 1),
    plan: ({ target, state }) => [
      {
        summary: 'fix a',
        touches: [target.key],
        change: { candidate: 0, instance: state.instance },
        ownTimeMs: 0,
        undo: 'break a again',
      },
    ],
  });
  const ended = await run(road, await start(road));
  expect(ended).toMatchObject({ outcome: { result: 'not-recovered' } });
  expect(JSON.stringify(ended)).toContain('it is not undone, for jane paused global');
  expect(JSON.stringify(ended)).toContain('to take it back by hand: break a again');
  expect(undone).toBe(0);
});
