import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { cooldown } from './cooldown.ts';

const now = 1_000_000_000;
const check = (params: unknown, last?: { recovery: string; attempt: number; at: number }) =>
  cooldown.check(
    guardrailInput({ params, attempt: 2, now, store: { ...guardrailInput().store, lastActed: async () => last } }),
  );

test('a target nobody acted on is free', async () => {
  expect(await check(undefined)).toEqual({ ok: true, reason: 'it was not acted on before' });
});

test('a target that was acted on a minute ago is held for the rest of the ten minutes', async () => {
  expect(await check(undefined, { recovery: 'r_0', attempt: 1, at: now - 60_000 })).toEqual({
    ok: false,
    reason: 'r_0 acted on it 1m ago, the cooldown is 10m: free in 9m',
    retryAfterMs: 540_000,
  });
});

test('it is free when the cooldown is over', async () => {
  expect((await check('1m', { recovery: 'r_0', attempt: 1, at: now - 60_000 })).ok).toBe(true);
});

test('an attempt is not held by its own first step, but by the attempt before it', async () => {
  expect((await check('10m', { recovery: 'r_1', attempt: 2, at: now })).ok).toBe(true);
  expect((await check('10m', { recovery: 'r_1', attempt: 1, at: now })).ok).toBe(false);
});

test('a word that is no duration is refused', () => {
  expect(() => cooldown.params.parse('10 minutes')).toThrow('expected a duration like 10m, got \\"10 minutes\\"');
});
