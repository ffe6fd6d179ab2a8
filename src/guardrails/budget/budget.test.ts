import { expect, test } from 'vitest';
import { guardrailInput, judged } from '../../../test/fakes/guardrail-input.ts';
import { budget } from './budget.ts';

const limits = (params: unknown) => budget.limits?.(guardrailInput({ params })) ?? [];

test('a target has 3 per 1h and 6 per 1d, which only its health refills', () => {
  const of = { quiet: 'docker/local/container/web', latched: true };
  expect(limits(undefined)).toEqual([
    { scope: 'budget of target docker/local/container/web: 3 per 1h', max: 3, windowMs: 3_600_000, ...of },
    { scope: 'budget of target docker/local/container/web: 6 per 1d', max: 6, windowMs: 86_400_000, ...of },
  ]);
});

test.each(['1 per 5m', ['1 per 5m'], { target: '1 per 5m' }])('%j is the budget of a target', (params) => {
  expect(limits(params)).toMatchObject([{ max: 1, windowMs: 300_000 }]);
});

test('playbook, namespace and all together have one when it is given', () => {
  const scopes = limits({ target: [], playbook: '4 per 1h', namespace: '5 per 1h', global: '9 per 1h' });
  expect(scopes.map(({ scope, max, quiet }) => [scope, max, quiet])).toEqual([
    ['budget of playbook down: 4 per 1h', 4, undefined],
    ['budget of namespace docker/local: 5 per 1h', 5, undefined],
    ['budget of global everything: 9 per 1h', 9, undefined],
  ]);
});

test('it lets through while there is something left', async () => {
  expect(await judged(budget, [2], { params: '3 per 1h' })).toEqual({
    ok: true,
    reason: 'budget of target docker/local/container/web: 3 per 1h, of which 2 are used',
  });
});

test('used up, it holds, with the acts that used it and what releases it', async () => {
  const input = guardrailInput({ params: '3 per 1h' });
  const [limit] = budget.limits?.(input) ?? [];
  if (limit === undefined) throw new Error('no limit');
  const count = { limit, used: 3, by: ['r_0#2.0', 'r_0#1.0'], latchedAt: input.now - 120_400 };
  const reason =
    'budget of target docker/local/container/web: 3 per 1h, of which 3 are used (r_0#2.0, r_0#1.0): used up 2m ago, it stays off until somebody has looked at it: paramedic ack r_1';
  expect(await budget.check({ ...input, counts: [count] })).toEqual({ ok: false, reason });
  expect(await budget.check({ ...input, counts: [{ ...count, newly: true }] })).toEqual({
    ok: false,
    reason,
    page: true,
  });
});

test('what was used up stays so though the acts are forgotten', async () => {
  const input = guardrailInput({ params: '3 per 1h' });
  const [limit] = budget.limits?.(input) ?? [];
  if (limit === undefined) throw new Error('no limit');
  expect((await budget.check({ ...input, counts: [{ limit, used: 0, by: [], latchedAt: 1 }] })).ok).toBe(false);
});

test.each([
  ['3 an hour', 'expected a budget like 3 per 1h, got "3 an hour"'],
  ['3 per hour', 'expected a budget like 3 per 1h, got "3 per hour"'],
  ['3 per 0s', 'expected a budget like 3 per 1h, got "3 per 0s"'],
])('%s is refused', (text, message) => {
  expect(budget.params.safeParse(text).error?.issues[0]?.message).toBe(message);
});

test('a scope that is none is refused', () => {
  expect(budget.params.safeParse({ pod: '3 per 1h' }).error?.issues[0]).toMatchObject({ code: 'unrecognized_keys' });
});
