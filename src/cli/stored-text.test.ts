import { expect, test } from 'vitest';
import type { Stored } from './explain-stored.ts';
import { storedText } from './stored-text.ts';

const now = Date.parse('2026-11-22T10:10:00Z');
const decision: Stored['decision'] = {
  episode: 'ep_1',
  alertname: 'Down',
  fingerprint: '00f1a2b3c4d5e6f7',
  decision: 'recover',
  reason: 'web answers it',
  playbook: 'web',
  target: { key: 'docker/edge-1/container/web' },
  mode: 'approve',
  at: now - 90_500,
  count: 2,
};
const heading = 'Down (00f1a2b3c4d5e6f7), ep_1, decided 2026-11-22T10:08:29Z (1m30s ago), 2 alerts';
const step = { action: 'restart/container', verdict: { ok: false, reason: 'mode: a human has to say yes' } };

test('what waits for a human says what is asked, how long yet, and both answers to paste', () => {
  const guardrails = [
    { kind: 'cooldown', verdict: { ok: true, reason: 'not acted on before' } },
    { kind: 'mode', verdict: { ok: false, reason: 'a human has to say yes' } },
  ];
  const recovery: Stored['recovery'] = {
    id: 'r_1',
    attempt: 1,
    state: 'open',
    steps: [
      { action: 'start/container', ended: 'nothing-to-do', verdict: { ok: false, reason: 'it is running' } },
      { ...step, ended: 'awaiting', plan: { summary: 'restart container web' }, guardrails },
    ],
    question: { summary: 'restart container web', reason: 'the mode is approve', expiresAt: now + 1_200_900 },
  };
  expect(storedText([{ decision, recovery }], now)).toEqual([
    heading,
    '  target    docker/edge-1/container/web',
    '  playbook  web, mode approve',
    '  decision  recover: web answers it',
    '  recovery  r_1, attempt 1',
    '  not       start/container: it is running',
    '  plan      restart container web',
    '  allowed   cooldown: not acted on before',
    '  held by   mode: a human has to say yes',
    '  waits     restart container web: the mode is approve (20m left)',
    '  outcome   a human is asked',
    '  next      paramedic recoveries approve r_1',
    '  next      paramedic recoveries reject r_1',
  ]);
});

test('what is under way says so, and what nothing was begun for how it can be', () => {
  const recovery = { id: 'r_1', attempt: 2, state: 'open', steps: [] } as const;
  expect(storedText([{ decision, recovery: { ...recovery, steps: [] } }], now).slice(-2)).toEqual([
    '  outcome   it is under way',
    '  next      paramedic recoveries show r_1',
  ]);
  const none = { ...decision, decision: 'none', reason: 'answered by r_0' } as const;
  expect(storedText([{ decision: none }], now).slice(-2)).toEqual([
    '  decision  nothing: answered by r_0',
    '  next      paramedic recover --target docker/edge-1/container/web --playbook web',
  ]);
});

test('what is held by no guardrail says by what', () => {
  const held = { action: 'drain/node', ended: 'held', verdict: { ok: false, reason: 'r_2 is under way for it' } };
  const outcome = { result: 'blocked', reason: 'x' };
  const steps = [{ ...held, plan: { summary: 'drain it' }, guardrails: [] }];
  const lines = storedText([{ decision, recovery: { id: 'r_1', attempt: 1, state: 'ended', steps, outcome } }], now);
  expect(lines.slice(3, -1)).toEqual([
    '  decision  recover',
    '  recovery  r_1, attempt 1',
    '  plan      drain it',
    '  held by   r_2 is under way for it',
    '  outcome   blocked: x',
  ]);
});

test('labels and logs make no lines and no colours of their own', () => {
  const hostile = { ...decision, alertname: 'Down\n  next      rm -rf /\u001b[31m' };
  const [first, ...others] = storedText([{ decision: hostile }], now);
  expect(first).toMatch(/^Down {3}next {6}rm -rf \/ \[31m \(/);
  expect(others).toHaveLength(4);
});
