import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { minAvailable } from './min-available.ts';

const check = (params: unknown, desired: number, ready: number, takes: number) =>
  minAvailable.check(
    guardrailInput({
      params,
      kind: { platform: 'kubernetes', capacity: () => ({ desired, ready }) },
      action: { key: 'restart/deployment', verb: 'restart', risk: 'low', takesAway: () => takes },
    }),
  );

test('taking away what is not ready passes, however few are left', async () => {
  expect(await check('100%', 10, 1, 0)).toEqual({ ok: true, reason: 'it takes none of the 1 ready replicas away' });
  expect((await check('100%', 3, 0, 2)).ok).toBe(true);
});

test('half of them and one has to go on serving', async () => {
  expect(await check(undefined, 4, 4, 1)).toEqual({
    ok: true,
    reason: 'it takes 1 of 4 ready replicas away, 3 of 4 would go on serving, 3 (51%) have to',
  });
  expect(await check(undefined, 4, 3, 1)).toEqual({
    ok: false,
    reason: 'it takes 1 of 3 ready replicas away, 2 of 4 would go on serving, and 3 (51%) have to',
    retryAfterMs: 30_000,
  });
});

test('the only replica that serves is not taken away', async () => {
  expect((await check(undefined, 1, 1, 1)).ok).toBe(false);
});

test('a number is one; more than there are to be can not be asked for', async () => {
  expect((await check(1, 3, 2, 1)).ok).toBe(true);
  expect((await check(2, 3, 2, 1)).ok).toBe(false);
  expect((await check(9, 3, 3, 1)).ok).toBe(false);
  expect((await check(0, 1, 1, 1)).ok).toBe(true);
});

test('a kind without replicas has none to lose', async () => {
  expect(await minAvailable.check(guardrailInput())).toEqual({
    ok: true,
    reason: 'it has no replicas that could go on serving',
  });
});

test.each(['51', '101%', -1, 1.5])('%j is refused', (params) => {
  expect(minAvailable.params.safeParse(params).success).toBe(false);
});
