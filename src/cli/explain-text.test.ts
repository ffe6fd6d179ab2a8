import { describe, expect, it } from 'vitest';
import type { Decision } from '../domain/decision.ts';
import type { Outcome, Recovery, StepReport } from '../domain/recovery.ts';
import type { Target } from '../domain/target.ts';
import { no, yes } from '../domain/verdict.ts';
import { explainText, type Walked } from './explain-text.ts';

const target: Target = { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/web', uid: 'u' };
const decisionOf = (fingerprint: string, more: Partial<Decision> = {}): Decision => ({
  episode: fingerprint,
  alertname: 'Broken',
  fingerprint,
  decision: 'recover',
  reason: 'web answers it',
  playbook: 'web',
  target,
  mode: 'observe',
  at: 0,
  config: '',
  ...more,
});
const recoveryOf = (steps: readonly StepReport[], outcome: Outcome): Recovery => ({
  id: 'r_1',
  target,
  procedure: { name: 'web', mode: 'observe', steps: [], guardrails: {} },
  episodes: [],
  attempt: 1,
  state: 'ended',
  openedAt: 0,
  labels: {},
  startsAt: 0,
  journal: [],
  steps,
  outcome,
});
const planned: StepReport = {
  action: 'restart/deployment',
  ended: 'planned',
  verdict: yes('planned only: the mode is observe'),
  plan: { summary: 'restart web' },
  guardrails: [{ kind: 'cooldown', verdict: yes('it was not acted on before') }],
};
const drain = { action: 'drain/node', plan: { summary: 'drain it' } };
const held: StepReport = {
  ...drain,
  ended: 'held',
  verdict: no('risk: it is of high risk; cooldown: free in 3m'),
  guardrails: [
    { kind: 'cooldown', verdict: no('free in 3m') },
    { kind: 'risk', verdict: no('it is of high risk') },
  ],
};
const taken: StepReport = { ...drain, ended: 'held', verdict: no('r_2 is under way for node-1'), guardrails: [] };
const passed: StepReport = {
  action: 'rollback/deployment',
  ended: 'nothing-to-do',
  verdict: no('there is no history'),
};

function printed(...walked: readonly Walked[]): readonly string[] {
  const lines: string[] = [];
  explainText(walked, (text) => lines.push(...text.split('\n')));
  return lines;
}
const walkOf = (steps: readonly StepReport[], outcome: Outcome, more: Partial<Walked> = {}): Walked => ({
  decision: decisionOf('f1'),
  recovery: recoveryOf(steps, outcome),
  mode: 'act',
  ...more,
});
const done = { result: 'planned', reason: 'restart web' } as const;

describe('what explain prints', () => {
  it('is one block for alerts with one answer, and a count', () => {
    const one = walkOf([passed, planned], done);
    expect(printed(one, { ...one, decision: decisionOf('f2', { alertname: 'AlsoBroken' }) })).toEqual([
      'Broken (f1)',
      'AlsoBroken (f2)',
      '  target    kubernetes/prod/shop/deployment/web',
      '  playbook  web',
      '  decision  recover',
      '  plan      restart web',
      '  not       there is no history',
      '',
      '2 alerts: 1 to recover, 0 held, 0 waiting, nothing to do about 0 of the alerts. Nothing was changed.',
    ]);
  });

  it('names the mode and every guardrail that hold a plan, and whoever else is at it', () => {
    const lines = printed(
      walkOf([planned, held, taken], done, { mode: 'observe', why: 'as playbook web says' }),
      walkOf([held], { result: 'blocked', reason: 'x' }, { decision: decisionOf('f2') }),
    );
    expect(lines.filter((text) => /^ {2}(decision|plan|else|held by) /.test(text))).toEqual([
      '  decision  recover, if the mode were act',
      '  plan      restart web',
      '  held by   mode: observe, as playbook web says',
      '  else      drain it',
      '  held by   cooldown: free in 3m',
      '  held by   risk: it is of high risk',
      '  held by   mode: observe, as playbook web says',
      '  else      drain it',
      '  held by   r_2 is under way for node-1',
      '  held by   mode: observe, as playbook web says',
      '  decision  recover, but it is held',
      '  plan      drain it',
      '  held by   cooldown: free in 3m',
      '  held by   risk: it is of high risk',
    ]);
  });

  it.each([
    [[passed], { result: 'planned', reason: 'there was nothing to do' }, 'nothing: no step of the playbook can help'],
    [[passed], { result: 'blocked', reason: 'x' }, 'wait: nothing can be done for now'],
    [[], { result: 'not-recovered', reason: 'the playbook has no steps' }, 'nothing: the playbook has no steps'],
    [[], { result: 'obsolete', reason: 'web is well' }, 'nothing: web is well'],
    [[planned], { result: 'failed', reason: 'forbidden' }, 'nothing: forbidden'],
  ] as const)('says why nothing is planned: %j, %j', (steps, outcome, headline) => {
    expect(printed(walkOf(steps, outcome))).toContain(`  decision  ${headline}`);
  });

  it.each<[readonly string[] | undefined, Outcome, readonly StepReport[], readonly string[]]>([
    [['not ready', 'disk pressure'], { result: 'planned', reason: 'x' }, [passed], ['not ready; disk pressure']],
    [[], { result: 'planned', reason: 'x' }, [passed], ['it looks well itself']],
    [undefined, { result: 'planned', reason: 'x' }, [passed], []],
    [['not ready'], done, [planned], []],
    [[], { result: 'obsolete', reason: 'web is well' }, [], []],
  ])('says how the target is where nothing is planned: %j, %j', (symptoms, outcome, steps, states) => {
    const lines = printed(walkOf(steps, outcome, { symptoms }));
    expect(lines.filter((text) => text.startsWith('  state '))).toEqual(states.map((state) => `  state     ${state}`));
  });

  it('shows what would be done first, and nothing it does not know', () => {
    const { target: _target, playbook: _playbook, ...unknown } = decisionOf('f0', { reason: 'no playbook answers it' });
    expect(printed({ decision: unknown, mode: 'act' }, walkOf([planned], done))).toEqual([
      'Broken (f1)',
      '  target    kubernetes/prod/shop/deployment/web',
      '  playbook  web',
      '  decision  recover',
      '  plan      restart web',
      '',
      'Broken (f0)',
      '  decision  nothing: no playbook answers it',
      '',
      '2 alerts: 1 to recover, 0 held, 0 waiting, nothing to do about 1 of the alerts. Nothing was changed.',
    ]);
    expect(printed()).toEqual(['No alert is firing.']);
  });
});
