import { expect, test } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { yes } from '../../src/domain/verdict.ts';
import { cooldown } from '../../src/guardrails/cooldown/cooldown.ts';
import { approve, cancel, reject, retry } from '../../src/road/answers.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
const told = async ({ road }: TestRoad): Promise<readonly AuditEntry[]> =>
  (await road.store.audit({ since: 0, limit: 100 })).toReversed();

test('a change is recorded before it is made, and what came of it after', async () => {
  const road = testRoad({ guardrails: [cooldown] });
  const before: AuditEntry[] = [];
  road.redefine('fix', {
    apply: async () => {
      before.push(...(await told(road)));
      road.things.set('a', { uid: 'u1', symptoms: [], instance: 2 });
    },
  });
  expect((await outcome(road)).result).toBe('recovered');
  expect(before).toMatchObject([
    {
      who: 'paramedic',
      what: 'applying',
      target: 'test/a',
      text: 'fix/thing in attempt 1',
      plan: { summary: 'fix a', touches: ['test/a'] },
      verdicts: [{ kind: 'cooldown', verdict: yes('it was not acted on before') }],
    },
  ]);
  const lines = await told(road);
  expect(lines.map(({ what }) => what)).toEqual(['applying', 'applied', 'verified']);
  expect(lines.at(-1)?.verdicts).toEqual([{ kind: 'verify', verdict: yes('well for 30 s') }]);
});

test('a change that can not be recorded is not made', async () => {
  const road = testRoad();
  const record = async (): Promise<never> => {
    throw new ActionError('the audit is full', 'server-error', false);
  };
  const recovery = await start(road);
  Object.assign(road.road.store, { record });
  expect(await run(road, recovery, 1, 0, true)).toMatchObject({ outcome: { result: 'failed' } });
  expect(road.applied).toEqual([]);
});

test.each([
  ['approved', approve],
  ['rejected', reject],
  ['cancelled', cancel],
  ['retried', retry],
] as const)('who %s it is recorded before it counts, and that it was refused after', async (what, act) => {
  const road = testRoad();
  const recovery = await start(road);
  // Approving and rejecting need a question, retrying an end: only a cancellation counts.
  if (what === 'retried') await run(road, recovery);
  const answer = await act(recovery, { by: 'ann', reason: '' }, road.road);
  const words = (await told(road)).filter(({ who }) => who === 'ann');
  expect(words[0]).toMatchObject({ what, recovery, target: 'test/a' });
  expect(words.map((word) => word.what)).toEqual(answer.ok ? [what] : [what, 'refused']);
});

test('a retry in the queue UI is recorded, once, and our own ring for a later attempt is not', async () => {
  const road = testRoad();
  road.redefine('fix', { apply: async () => undefined });
  const recovery = await start(road);
  await run(road, recovery);
  await run(road, recovery, 1, 1);
  const retried = (await told(road)).filter(({ what }) => what === 'retried');
  expect(retried).toMatchObject([{ who: 'the queue UI', recovery, text: 'its job of attempt 1' }]);
});
