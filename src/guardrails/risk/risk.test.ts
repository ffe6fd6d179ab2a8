import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import type { Risk } from '../../domain/action.ts';
import { risk } from './risk.ts';

const check = (params: unknown, of: Risk) =>
  risk.check(guardrailInput({ params, action: { key: 'drain/node', verb: 'drain', risk: of, takesAway: () => 0 } }));

test('an action of low or no risk passes', async () => {
  expect(await check(undefined, 'low')).toEqual({ ok: true, reason: 'drain/node is of low risk' });
  expect(await check(undefined, 'none')).toEqual({ ok: true, reason: 'drain/node is of no risk' });
});

test('one of high risk is held until a human says yes, and the sentence says what else lets it', async () => {
  expect(await check(undefined, 'high')).toEqual({
    ok: false,
    reason: 'drain/node is of high risk: a human has to say yes, or its playbook (guardrails: {risk: high})',
    approvable: true,
  });
});

test('a plan of high risk is held, whatever the risk of its action', async () => {
  const plan = { summary: '', touches: [], change: {}, ownTimeMs: 0, risk: 'high' as const };
  const action = { key: 'rollback/deployment', verb: 'rollback', risk: 'low' as const, takesAway: () => 0 };
  expect(await risk.check(guardrailInput({ params: undefined, action, plan }))).toMatchObject({
    ok: false,
    approvable: true,
  });
  expect((await risk.check(guardrailInput({ params: 'high', action, plan }))).ok).toBe(true);
});

test('the playbook may allow it', async () => {
  expect((await check('high', 'high')).ok).toBe(true);
});

test('another word is refused', () => {
  expect(risk.params.safeParse('medium').success).toBe(false);
});
