import { expect, test } from 'vitest';
import type { PostedAlert } from '../../src/domain/clients.ts';
import { triage } from '../../src/flow.ts';
import { budget } from '../../src/guardrails/budget/budget.ts';
import { acknowledge } from '../../src/road/brakes.ts';
import { openPage, sendPages } from '../../src/road/page.ts';
import { upkeep } from '../../src/upkeep.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const minute = 60_000;

/** A road whose fix does not help, and what it posts. */
function failing(errors: string[] = []) {
  const road = testRoad();
  road.redefine('fix', { apply: async () => undefined });
  const posted: (readonly PostedAlert[])[] = [];
  road.clients.pager = {
    post: async (alerts) => {
      posted.push(alerts);
      return { reachable: 1 - errors.length, errors };
    },
  };
  return { road, posted };
}
const resolve = async (road: TestRoad): Promise<void> => {
  const alert = road.alert({ status: 'resolved', endsAt: road.clock.now() });
  await road.road.store.resolved({ alert, now: road.clock.now(), config: 'c1', source: 'alertmanager', counted: true });
};
const firing = (posted: (readonly PostedAlert[])[], now: number): boolean[] =>
  posted.map((alerts) => alerts.some(({ endsAt }) => endsAt > now));

test('a recovery that failed calls a human: the labels of the victim, what was tried, what is next', async () => {
  const { road, posted } = failing();
  const recovery = await start(road);
  await run(road, recovery);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.[0]).toMatchObject({
    labels: {
      alertname: 'ParamedicRecoveryFailed',
      severity: 'critical',
      thing: 'a',
      recovery_alert: 'Down',
      recovery_outcome: 'not-recovered',
      recovery_playbook: 'down',
      recovery_target: 'test/a',
    },
    annotations: { summary: 'test/a: not-recovered', next: `paramedic ack ${recovery}` },
  });
  expect(posted[0]?.[0]?.annotations['tried']).toContain('fix/thing: tried (after 180 s: down');
  expect(posted[0]?.[0]?.annotations).not.toHaveProperty('left_changed');
});

test('it ends when a later attempt recovers the target', async () => {
  const { road, posted } = failing();
  const recovery = await start(road);
  await run(road, recovery);
  road.redefine('fix', {});
  expect(await run(road, recovery, 1, 1)).toMatchObject({ nothing: 'attempt 2 was begun' });
  expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(posted.at(-1)?.[0]?.annotations['resolved_because']).toMatch(/^recovered: /);
  expect(await road.road.store.pages()).toEqual([]);
});

test('one that recovered calls nobody', async () => {
  const road = testRoad();
  const posted: unknown[] = [];
  road.clients.pager = { post: async (alerts) => ({ reachable: posted.push(alerts), errors: [] }) };
  expect((await outcome(road)).result).toBe('recovered');
  await upkeep(road.road);
  expect(posted).toEqual([]);
});

test('it goes on being sent, until its alert has ended: then it is sent as resolved, once', async () => {
  const { road, posted } = failing();
  await run(road, await start(road));
  for (let round = 0; round < 12; round += 1) {
    await road.clock.sleep(minute);
    await upkeep(road.road);
  }
  expect(posted).toHaveLength(13);
  expect(firing(posted, road.clock.now()).at(-1)).toBe(true);
  await resolve(road);
  await upkeep(road.road);
  expect(firing(posted, road.clock.now()).at(-1)).toBe(true);
  await road.clock.sleep(minute);
  await upkeep(road.road);
  await upkeep(road.road);
  expect(posted).toHaveLength(15);
  expect(posted[14]?.[0]).toMatchObject({
    // To an Alertmanager whose clock is behind ours, too.
    endsAt: road.clock.now() - minute,
    annotations: { resolved_because: 'its alert does not fire any more' },
  });
  expect(await road.road.store.pages()).toEqual([]);
});

test('an acknowledgement ends it, and what did not arrive is sent again', async () => {
  const errors = ['Alertmanager at b can not be reached'];
  const { road, posted } = failing(errors);
  const recovery = await start(road);
  await run(road, recovery);
  expect(road.events.filter(({ event }) => event === 'pages-sent')).toEqual([
    { event: 'pages-sent', pages: 1, errors: ['Alertmanager at b can not be reached'] },
  ]);
  expect(await road.road.store.endPage(recovery, 'acknowledged by jane')).toBe(true);
  await sendPages(road.road);
  expect(await road.road.store.pages()).toHaveLength(1);
  errors.length = 0;
  await sendPages(road.road);
  expect(posted.at(-1)?.[0]?.annotations['resolved_because']).toBe('acknowledged by jane');
  expect(await road.road.store.pages()).toEqual([]);
  expect(await road.road.store.endPage(recovery, 'again')).toBe(false);
});

test('a page of a later attempt is not forgotten with the one before it', async () => {
  const { road } = failing();
  await run(road, await start(road));
  const [first] = await road.road.store.pages();
  if (first === undefined) throw new Error('no page');
  await road.road.store.openPage({ ...first, startsAt: first.startsAt + 1 });
  await road.road.store.forgetPage(first);
  expect(await road.road.store.pages()).toHaveLength(1);
});

test('one that tells of what holds until a human releases it does not end with its alert', async () => {
  const road = testRoad({ guardrails: [budget] });
  road.config.playbooks = road.config.playbooks.map((one) => ({ ...one, guardrails: { budget: '1 per 1h' } }));
  const posted: (readonly PostedAlert[])[] = [];
  road.clients.pager = { post: async (alerts) => ({ reachable: posted.push(alerts), errors: [] }) };
  await run(road, await start(road));
  await resolve(road);
  await road.clock.sleep(minute);
  road.things.set('a', { uid: 'u1', symptoms: ['down'], instance: 7 });
  await triage(road.delivery(road.alert({ startsAt: road.clock.now() })), road.road);
  const recovery = road.rings.at(-1)?.recovery ?? '';
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'blocked', page: true } });
  await resolve(road);
  await road.clock.sleep(minute);
  await upkeep(road.road);
  expect(firing(posted, road.clock.now())).toEqual([true, true]);
  // Nor when its target got well by itself.
  road.things.set('a', { uid: 'u1', symptoms: [], instance: 7 });
  expect(await road.road.store.reopen(recovery, 1, 'by hand', 0)).toEqual({ attempt: 2 });
  expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'obsolete' } });
  await upkeep(road.road);
  expect(firing(posted, road.clock.now()).at(-1)).toBe(true);
  expect(await acknowledge(recovery, 'jane', road.road)).toMatchObject({ ok: true });
  expect(firing(posted, road.clock.now()).at(-1)).toBe(false);
  expect(await road.road.store.pages()).toEqual([]);
});

test('one whose alert went off with the restart fires, and goes on when that alert comes back', async () => {
  const { road, posted } = failing();
  const recovery = await start(road);
  road.redefine('fix', { apply: () => resolve(road) });
  await run(road, recovery);
  expect(firing(posted, road.clock.now())).toEqual([true]);
  const again = road.alert({ startsAt: road.clock.now() - 1_000 });
  await triage(road.delivery(again), road.road);
  expect((await road.road.store.decisions(1))[0]).toMatchObject({ decision: 'none', recovery });
  await road.clock.sleep(2 * minute);
  await upkeep(road.road);
  expect(firing(posted, road.clock.now()).at(-1)).toBe(true);
});

test('one in the place of another of the same recovery ends that one: other labels are another alert', async () => {
  const { road, posted } = failing();
  await run(road, await start(road));
  const [first] = await road.road.store.pages();
  if (first === undefined) throw new Error('no page');
  await openPage({ ...first, annotations: { summary: 'again' } }, road.road);
  expect(posted).toHaveLength(2);
  await openPage({ ...first, labels: { ...first.labels, recovery_outcome: 'failed' } }, road.road);
  expect(posted).toHaveLength(4);
  const outcomes = posted.slice(2).flatMap((alerts) => alerts.map(({ labels }) => labels['recovery_outcome']));
  expect(outcomes).toEqual(['not-recovered', 'failed']);
  expect(firing(posted, road.clock.now())).toEqual([true, true, false, true]);
});

test('an annotation is not longer than receivers take', async () => {
  const { road, posted } = failing();
  road.things.set('a', { uid: 'u1', symptoms: ['x'.repeat(10_000)], instance: 1 });
  await run(road, await start(road));
  for (const text of Object.values(posted[0]?.[0]?.annotations ?? {})) expect(text.length).toBeLessThanOrEqual(2_001);
});
