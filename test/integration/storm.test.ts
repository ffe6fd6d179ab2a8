import { expect, test } from 'vitest';
import type { Guardrail } from '../../src/domain/guardrail.ts';
import type { Storm } from '../../src/domain/storm.ts';
import { no } from '../../src/domain/verdict.ts';
import { triage } from '../../src/flow.ts';
import { storm } from '../../src/guardrails/storm/storm.ts';
import { resume } from '../../src/road/brakes.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const anothers: Storm = { at: 1, by: 'r_other#1', reason: 'many' };

/** A road whose only step finds nothing to do, in weather that the test makes. */
function helpless(guardrails: Guardrail[] = [storm]): TestRoad {
  const road = testRoad({ guardrails });
  road.redefine('fix', { plan: () => no('its node is down') });
  return road;
}
const pages = ({ events }: TestRoad) => events.filter(({ event }) => event === 'page');
const alertEnds = (road: TestRoad) =>
  triage(road.delivery(road.alert({ status: 'resolved', endsAt: road.clock.now() })), road.road);

test('what nothing can be done for calls a human, but not each of many in a storm', async () => {
  const alone = helpless();
  expect(await outcome(alone)).toMatchObject({ result: 'not-recovered' });
  expect(pages(alone)).toHaveLength(1);

  const among = helpless();
  await among.road.store.beginStorm(anothers);
  expect(await outcome(among)).toMatchObject({
    result: 'blocked',
    reason: expect.stringMatching(
      /^storm: a storm holds everything since .*: many; .*; and not-recovered: .*its node is down$/,
    ),
  });
  expect(pages(among)).toEqual([]);
});

test('who finds the storm tells of it, though nothing could be done for its target', async () => {
  const road = helpless();
  const recovery = await start(road);
  await road.road.store.beginStorm({ ...anothers, by: `${recovery}#1` });
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'blocked', page: true } });
  expect(pages(road)).toHaveLength(1);
});

test('what was changed, and did not help, calls a human in any weather', async () => {
  const road = testRoad({ guardrails: [{ ...storm, check: async () => ({ ok: true, reason: 'not yet' }) }] });
  road.redefine('fix', { apply: async () => undefined });
  await road.road.store.beginStorm(anothers);
  expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
  expect(pages(road)).toHaveLength(1);
});

test('when nobody can tell what the weather is, the human is called', async () => {
  const road = helpless([{ ...storm, beforeCalling: () => Promise.reject(new Error('no Alertmanager answers')) }]);
  expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
  expect(pages(road)).toHaveLength(1);
});

test('what was held and got well by itself is looked at once more, and recorded so', async () => {
  const road = helpless();
  road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: [] }) };
  await road.road.store.beginStorm(anothers);
  const recovery = await start(road);
  // Its alert is listed when it is looked at first, and is not when it has ended.
  const [firing] = [road.alert()];
  const listed = { ...firing, state: 'active' as const, suppressedBy: [], receivers: [] };
  road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: [listed] }) };
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'blocked' } });
  road.clients.alertmanager = { list: async () => ({ reachable: 1, errors: [], alerts: [] }) };
  await alertEnds(road);
  expect(road.rings.at(-1)).toEqual({ recovery, attempt: 2, delayMs: 0 });
  expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'obsolete' } });
  expect((await road.road.store.decisions(1))[0]?.reason).toBe(
    'obsolete: the alert is gone from Alertmanager (read twice)',
  );
  expect(road.applied).toEqual([]);
});

test('what has ended otherwise is not looked at again', async () => {
  const road = testRoad();
  expect(await outcome(road)).toMatchObject({ result: 'recovered' });
  const before = road.rings.length;
  await alertEnds(road);
  expect(road.rings).toHaveLength(before);
});

test('a storm that was ended begins anew only by what fails anew, and its page ends with it', async () => {
  const road = helpless();
  const posted: string[] = [];
  road.clients.pager = {
    post: async (alerts) => {
      posted.push(...alerts.map(({ annotations }) => annotations['resolved_because'] ?? 'fires'));
      return { reachable: 1, errors: [] };
    },
  };
  const recovery = await start(road);
  await road.road.store.beginStorm({ ...anothers, by: `${recovery}#1` });
  await run(road, recovery);
  expect(await road.road.store.troubled(0)).toEqual(['test/a']);
  expect(await resume('storm', 'ops', road.road)).toMatchObject({ ok: true });
  expect(await road.road.store.troubled(0)).toEqual([]);
  expect(posted).toEqual(['fires', 'somebody has ended the storm']);
  expect(await road.road.store.pages()).toEqual([]);
  expect(await resume('storm', 'ops', road.road)).toMatchObject({ ok: false });
});
