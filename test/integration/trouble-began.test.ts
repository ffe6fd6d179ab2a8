import { expect, it } from 'vitest';
import type { Began } from '../../src/domain/action.ts';
import { no } from '../../src/domain/verdict.ts';
import { recover, triage } from '../../src/flow.ts';
import { recoverByHand } from '../../src/road/by-hand.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

/** What a step is told of when the trouble began, each time it is planned. */
function told(road: TestRoad): (Began | undefined)[] {
  const all: (Began | undefined)[] = [];
  road.redefine('fix', {
    plan: ({ began }) => {
      all.push(began);
      return no('nothing', 1);
    },
  });
  return all;
}

it('a step is told when its alert began', async () => {
  const road = testRoad();
  const all = told(road);
  await run(road, await start(road));
  expect(all).toEqual([{ at: road.clock.start - 1_000, by: 'alert' }]);
});

it('and no other time when the alert says another one by the next attempt', async () => {
  const road = testRoad();
  const all = told(road);
  const recovery = await start(road);
  await run(road, recovery);
  await road.clock.sleep(60_000);
  await triage(road.delivery(road.alert({ fingerprint: 'f2', startsAt: road.clock.now() - 1_000 })), road.road);
  expect(road.rings.at(-1)).toMatchObject({ recovery, attempt: 2 });
  await recover({ recovery, attempt: 2, made: 0, lastTry: false }, road.road, new AbortController().signal);
  expect(all[1]).toEqual(all[0]);
});

it('nor by what another alert says that joined it', async () => {
  const road = testRoad();
  const all = told(road);
  const recovery = await start(road);
  const labels = { alertname: 'Full', thing: 'a' };
  Object.assign(road.config, { playbooks: road.config.playbooks.map((one) => ({ ...one, match: [] })) });
  await triage(road.delivery(road.alert({ alertname: 'Full', labels, fingerprint: 'f9', startsAt: 1_000 })), road.road);
  expect((await road.road.store.recovery(recovery))?.episodes).toHaveLength(2);
  await run(road, recovery);
  expect(all).toEqual([{ at: road.clock.start - 1_000, by: 'alert' }]);
});

it('by hand it is when somebody asked for it', async () => {
  const road = testRoad();
  const all = told(road);
  Object.assign(road.config, { docker: [{ name: 'local' }] });
  const asked = { target: 'docker/local/thing/a', action: 'fix', dryRun: false, overrides: [], reason: '' };
  const { recovery = '', reason } = await recoverByHand(asked, 'ana', road.road);
  expect(recovery, reason).not.toBe('');
  const at = road.clock.now();
  await road.clock.sleep(60_000);
  await run(road, recovery);
  expect(all).toEqual([{ at, by: 'hand' }]);
});
