import { expect, test } from 'vitest';
import { alert, decideInput, minute, storeOnRedis, t0, web } from '../fakes/store-on-redis.ts';

const on = storeOnRedis();
const opened = async (recovery: string) => {
  const { attempt, openedAt, attemptOpenedAt } = (await on.store().recovery(recovery)) ?? {};
  return { attempt, openedAt, attemptOpenedAt };
};

test('a retry by hand is opened when it is, and the recovery keeps the time of its first attempt', async () => {
  const { recovery } = await on.open('f1', t0 + 1_000);
  expect(await opened(recovery)).toEqual({ attempt: 1, openedAt: t0 + 1_000, attemptOpenedAt: t0 + 1_000 });
  await on.finish(recovery, { result: 'not-recovered', reason: 'it did not help' }, t0 + minute);
  await on.store().reopen(recovery, 1, 'by hand', t0 + 9 * minute);
  expect(await opened(recovery)).toEqual({ attempt: 2, openedAt: t0 + 1_000, attemptOpenedAt: t0 + 9 * minute });
});

test('so is one that its alert goes on with', async () => {
  const { recovery } = await on.open('f1', t0 + 1_000);
  await on.finish(recovery, { result: 'blocked', reason: 'it was held', retryAfterMs: minute }, t0 + minute);
  await on.store().decide(decideInput(alert('f1'), t0 + 5 * minute));
  expect(await opened(recovery)).toEqual({ attempt: 2, openedAt: t0 + 1_000, attemptOpenedAt: t0 + 5 * minute });
});

test('one by hand has the time that it was asked for', async () => {
  const asked = await on.store().openManual({
    target: web,
    procedure: { name: 'by hand', mode: 'act', steps: [], guardrails: {} },
    manual: { by: 'ada', reason: '', overrides: [] },
    now: t0,
    config: 'c1',
  });
  if ('refused' in asked) throw new Error(asked.refused);
  expect(await opened(asked.recovery)).toMatchObject({ attempt: 1, openedAt: t0 });
  await on.finish(asked.recovery, { result: 'not-recovered', reason: 'it did not help' }, t0 + minute);
  await on.store().reopen(asked.recovery, 1, 'by hand', t0 + 2 * minute);
  expect(await opened(asked.recovery)).toEqual({ attempt: 2, openedAt: t0, attemptOpenedAt: t0 + 2 * minute });
});
