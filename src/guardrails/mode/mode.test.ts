import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import type { Approval } from '../../domain/approval.ts';
import { mode } from './mode.ts';

const { plan } = guardrailInput();
const question = { action: 'restart/container', step: 0, candidate: 0, plan, reason: '', at: 0, expiresAt: 1 };
const approval: Approval = { ...question, by: 'ada', approvedAt: 1 };

test('in mode approve it is held until a human says yes', async () => {
  expect(await mode.check(guardrailInput({ mode: 'approve' }))).toEqual({
    ok: false,
    reason: 'the mode is approve: a human has to say yes to this plan',
    approvable: true,
  });
});

test('who approved it is said', async () => {
  const approved = await mode.check(guardrailInput({ mode: 'approve', approval }));
  expect(approved).toEqual({ ok: true, reason: 'ada approved it' });
});

test.each([
  { mode: 'act', observing: false },
  { mode: 'observe', observing: true },
] as const)('%j holds nothing', async (more) => {
  expect(await mode.check(guardrailInput(more))).toEqual({ ok: true, reason: `the mode is ${more.mode}` });
});

test('what comes as far as an act in mode observe is held', async () => {
  expect(await mode.check(guardrailInput({ mode: 'observe' }))).toEqual({ ok: false, reason: 'the mode is observe' });
});

test('an action that asks each time asks in mode act too, and is approved by a human alone', async () => {
  const action = { key: 'restore-data/container', verb: 'restore-data', risk: 'high', takesAway: () => 0 } as const;
  const asking = { mode: 'act', action: { ...action, asksAlways: true } } as const;
  expect(await mode.check(guardrailInput(asking))).toEqual({
    ok: false,
    reason: 'restore-data/container asks each time, whatever its playbook allows: a human has to say yes to this plan',
    approvable: true,
  });
  expect((await mode.check(guardrailInput({ ...asking, approval }))).reason).toBe('ada approved it');
  expect(await mode.check(guardrailInput({ ...asking, mode: 'observe', observing: true }))).toMatchObject({ ok: true });
});

test('it takes no setting', () => {
  expect(mode.params.safeParse('act').success).toBe(false);
});
