import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { PostedAlert } from '../../src/domain/clients.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import { waiting } from '../fakes/road-that-asks.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

/** What is posted, each alert by itself. */
function posts(road: TestRoad): PostedAlert[] {
  const posted: PostedAlert[] = [];
  road.clients.pager = { post: async (alerts) => ({ reachable: posted.push(...alerts), errors: [] }) };
  return posted;
}
const asking = (): TestRoad => testRoad({ mode: 'approve', guardrails: [mode] });

test('who is asked reads in the call what is to be done, to what, the way back, and until when', async () => {
  const road = asking();
  const posted = posts(road);
  road.redefine('fix', {
    plan: ({ target }) => [
      {
        summary: 'drain a',
        touches: [target.key, 'test/b'],
        change: { candidate: 0, instance: 1 },
        ownTimeMs: 0,
        undo: 'fill it again',
      },
    ],
  });
  const recovery = await waiting(road);
  const expiresAt = (await road.road.store.recovery(recovery))?.question?.expiresAt ?? 0;
  expect(posted).toHaveLength(1);
  expect(posted[0]?.labels['alertname']).toBe('ParamedicApprovalNeeded');
  expect(posted[0]?.annotations).toMatchObject({
    plan: 'drain a',
    touches: 'test/a, test/b',
    undo: 'fill it again',
    next: `paramedic recoveries show ${recovery}; paramedic recoveries approve ${recovery}`,
  });
  expect(posted[0]?.annotations['expires']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Date.parse(posted[0]?.annotations['expires'] ?? '')).toBe(Math.floor(expiresAt / 1000) * 1000);
});

test('a plan without a way back says so', async () => {
  const road = asking();
  const posted = posts(road);
  await waiting(road);
  expect(posted[0]?.annotations).toMatchObject({ plan: 'fix a', undo: 'it can not be taken back' });
});

test('a plan that touches much is cut as the others are', async () => {
  const road = asking();
  const posted = posts(road);
  const touches = Array.from({ length: 500 }, (_, n) => `test/thing-${n}`);
  road.redefine('fix', {
    plan: () => [{ summary: 'fix a', touches, change: { candidate: 0, instance: 1 }, ownTimeMs: 0 }],
  });
  await waiting(road);
  expect(posted[0]?.annotations['touches']).toHaveLength(2_001);
});

test('a call about what failed asks nothing', async () => {
  const road = testRoad();
  const posted = posts(road);
  road.redefine('fix', { apply: async () => undefined });
  await run(road, await start(road));
  expect(posted[0]?.labels['alertname']).toBe('ParamedicRecoveryFailed');
  for (const name of ['plan', 'touches', 'undo', 'expires']) expect(posted[0]?.annotations).not.toHaveProperty(name);
});

test('where evidence was taken the call says how to read it', async () => {
  const road = testRoad();
  const posted = posts(road);
  road.redefine('fix', { apply: async () => undefined });
  const recovery = await start(road);
  await run(road, recovery);
  expect(posted[0]?.annotations['evidence']).toBe(`paramedic recoveries show ${recovery} --evidence`);
});

test.each([
  ['there is none', async () => []],
  ['it can not be read', () => Promise.reject(new Error('incorrect header check'))],
])('where %s somebody is called all the same, and of evidence nothing is said', async (_what, evidence) => {
  const road = testRoad();
  const posted = posts(road);
  // By then the evidence was taken: only who calls asks for it after that.
  road.redefine('fix', { apply: async () => void Object.assign(road.road.store, { evidence }) });
  await run(road, await start(road));
  expect(posted[0]?.labels['alertname']).toBe('ParamedicRecoveryFailed');
  expect(posted[0]?.annotations).not.toHaveProperty('evidence');
});

test.each([
  [{ externalUrl: 'https://ops.example/paramedic' }, /^https:\/\/ops[.]example\/paramedic\/recoveries\/r_\w+$/],
  [{ listen: { host: '10.0.0.5', port: 9095 } }, /^http:\/\/10[.]0[.]0[.]5:9095\/recoveries\/r_\w+$/],
  [{ listen: { host: '::1', port: 9095 } }, /^http:\/\/\[::1\]:9095\/recoveries\/r_\w+$/],
  [{ listen: { host: '0.0.0.0', port: 9095 } }, new RegExp(`^http://${hostname()}:9095/recoveries/r_\\w+$`)],
])('the call for a human links to the page of the recovery: %j', async (config, link) => {
  const road = asking();
  Object.assign(road.config, config);
  const posted = posts(road);
  await waiting(road);
  expect(posted[0]?.annotations['url']).toMatch(link);
});
