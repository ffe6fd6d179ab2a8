import { describe, expect, it } from 'vitest';
import type { FlowEvent } from '../domain/flow-event.ts';
import { no, yes } from '../domain/verdict.ts';
import { z } from 'zod';
import { createReport } from './flow-report.ts';
import { createLogger } from './log.ts';
import { createMetrics } from './metrics.ts';

const logLine = z.record(z.string(), z.unknown());
const target = 'docker/edge-1/container/web';
const about = { recovery: 'r_1', attempt: 1, target, playbook: 'web', action: 'restart/container' };
const plan = {
  summary: 'restart container web (unhealthy for 40 s)',
  touches: [target],
  change: { pinned: 'not for the log' },
  ownTimeMs: 15_000,
};

function reporting() {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(logLine.parse(JSON.parse(line))) };
  const metrics = createMetrics();
  const steps = [{ verb: 'restart' }];
  metrics.initialise({ playbooks: [{ name: 'web', steps }], actions: ['restart/container'], guardrails: [] });
  const clock = { now: 1_000_000 };
  const report = createReport(createLogger({ level: 'info', destination }), metrics, () => clock.now);
  return { lines, report, clock, metric: async () => (await metrics.registry.metrics()).split('\n') };
}

describe('the report of the road', () => {
  it('tells a recovery in lines that read as sentences and carry the recovery', () => {
    const { lines, report } = reporting();
    const decision = {
      episode: 'ep_1',
      alertname: 'ContainerDown',
      fingerprint: 'f',
      decision: 'recover',
      reason: 'its playbook answers',
      playbook: 'web',
      target: { kind: 'container', key: target },
      mode: 'act',
      recovery: 'r_1',
      at: 1,
      config: 'c',
    } as const;
    const events: FlowEvent[] = [
      { event: 'decided', decision, opened: true },
      { event: 'decided', decision: { ...decision, decision: 'none', reason: 'no playbook matches' }, opened: false },
      { event: 'postponed', alertname: 'ContainerDown', reason: 'engine edge-1 does not answer' },
      { event: 'begun', resumed: false, ...about, action: '' },
      { event: 'begun', resumed: true, ...about },
      { event: 'passed-over', verdict: no('it is running'), ...about, action: 'start/container' },
      { event: 'planned', plan, ...about },
      { event: 'guardrail', guardrail: 'cooldown', verdict: yes('not acted on before'), ...about },
      { event: 'guardrail', guardrail: 'cooldown', verdict: no('acted on 20 s ago', 580_000), ...about },
      { event: 'applying', plan, ...about },
      { event: 'applied', tookMs: 1234, ...about },
      { event: 'verified', verdict: yes('well for 30 s'), tookMs: 31_000, ...about },
      { event: 'undone', plan: { ...plan, undo: 'start the old one' }, ...about },
      { event: 'ended', outcome: { result: 'recovered', reason: 'well for 30 s' }, sinceStartsAtMs: 61_000, ...about },
      { event: 'page', reason: 'nothing helped', ...about },
    ];
    for (const event of events) report(event);
    expect(lines.map((line) => `${String(line['level'])} ${String(line['msg'])}`)).toEqual([
      `info alert ContainerDown starts recovery r_1 of ${target} by playbook web: its playbook answers`,
      'info alert ContainerDown: nothing is done: no playbook matches',
      'warn alert ContainerDown is put off: engine edge-1 does not answer',
      `info ${target}: attempt 1 of playbook web begins`,
      `info ${target}: attempt 1 of playbook web goes on where its last run stopped`,
      `info ${target}: start/container is passed over: it is running`,
      `info ${target}: the plan is to restart container web (unhealthy for 40 s)`,
      `info ${target}: guardrail cooldown allows restart/container: not acted on before`,
      `info ${target}: guardrail cooldown holds restart/container: acted on 20 s ago`,
      `info ${target}: now doing: restart container web (unhealthy for 40 s)`,
      `info ${target}: restart/container is done, it took 1.2 s`,
      `info ${target}: restart/container helped (watched for 31.0 s): well for 30 s`,
      `warn ${target}: taken back: start the old one`,
      `info ${target}: recovered 61.0 s after the alert began: well for 30 s`,
      `error ${target}: A HUMAN HAS TO LOOK: nothing helped`,
    ]);
    expect(lines.every((line, index) => index === 2 || line['recovery'] === 'r_1')).toBe(true);
    expect(lines[6]).toMatchObject({ event: 'planned', plan: plan.summary, touches: [target], attempt: 1, target });
    expect(lines[8]).toMatchObject({ guardrail: 'cooldown', ok: false, retryAfterMs: 580_000, playbook: 'web' });
    expect(lines[13]).toMatchObject({ result: 'recovered', sinceStartsAtMs: 61_000, action: 'restart/container' });
    expect(JSON.stringify(lines)).not.toContain('not for the log');
  });

  it('counts what happened and tells the stages of the recovery', async () => {
    const { report, clock, metric } = reporting();
    report({ event: 'begun', resumed: false, ...about, action: '' });
    report({ event: 'guardrail', guardrail: 'cooldown', verdict: no('held'), ...about });
    report({ event: 'guardrail', guardrail: 'cooldown', verdict: no('cooldown could not decide: boom'), ...about });
    clock.now += 500;
    report({ event: 'applying', plan, ...about });
    report({ event: 'applied', tookMs: 2000, ...about });
    report({ event: 'verified', verdict: yes('well'), tookMs: 30_000, ...about });
    clock.now += 32_000;
    report({ event: 'ended', outcome: { result: 'recovered', reason: 'well' }, sinceStartsAtMs: 52_500, ...about });
    report({ event: 'page', reason: 'look', ...about });
    const lines = await metric();
    for (const line of [
      'paramedic_guardrail_verdicts_total{guardrail="cooldown",verdict="held"} 1',
      'paramedic_guardrail_verdicts_total{guardrail="cooldown",verdict="error"} 1',
      'paramedic_actions_total{action="restart/container",result="applied"} 1',
      'paramedic_recoveries_total{playbook="web",action="restart/container",outcome="recovered"} 1',
      'paramedic_pages_total 1',
      'paramedic_recovery_duration_seconds_sum{stage="alert_to_begin"} 20',
      'paramedic_recovery_duration_seconds_sum{stage="begin_to_apply"} 0.5',
      'paramedic_recovery_duration_seconds_sum{stage="apply"} 2',
      'paramedic_recovery_duration_seconds_sum{stage="verify"} 30',
      'paramedic_recovery_duration_seconds_sum{stage="total"} 52.5',
    ])
      expect(lines).toContain(line);
    expect(lines).toContain('paramedic_actions_total{action="restart/container",result="failed"} 0');
  });

  it('counts an apply that never finished as failed, and no stages of an attempt that another run began', async () => {
    const { report, metric } = reporting();
    report({ event: 'begun', resumed: true, ...about });
    report({ event: 'applying', plan, ...about });
    report({ event: 'ended', outcome: { result: 'failed', reason: 'engine gone' }, sinceStartsAtMs: 9_000, ...about });
    const lines = await metric();
    expect(lines).toContain('paramedic_actions_total{action="restart/container",result="failed"} 1');
    for (const stage of ['alert_to_begin', 'begin_to_apply', 'total'])
      expect(lines).toContain(`paramedic_recovery_duration_seconds_count{stage="${stage}"} 0`);
  });

  it('puts a recovery that ended before its first step under the action none', async () => {
    const { report, metric } = reporting();
    const outcome = { result: 'obsolete', reason: 'it is well' } as const;
    report({ event: 'ended', outcome, sinceStartsAtMs: 1, ...about, action: '' });
    expect(await metric()).toContain('paramedic_recoveries_total{playbook="web",action="none",outcome="obsolete"} 1');
  });

  it('says that a human is asked, without what the plan pins, and that it is no warning', () => {
    const { lines, report } = reporting();
    const said = {
      action: about.action,
      step: 0,
      candidate: 0,
      plan,
      reason: 'the mode is approve',
      at: 1,
      expiresAt: 2,
    };
    const asked = { result: 'awaiting-approval', reason: 'restart web: the mode is approve', question: said } as const;
    report({ event: 'ended', outcome: asked, sinceStartsAtMs: 3_000, ...about });
    const rejected = { result: 'rejected', reason: 'ops rejected it: later' } as const;
    report({ event: 'ended', outcome: rejected, sinceStartsAtMs: 4_000, ...about });
    const stale = { result: 'stale', reason: 'nobody approved it within 30m' } as const;
    report({ event: 'ended', outcome: stale, sinceStartsAtMs: 5_000, ...about });
    expect(lines.map((line) => `${String(line['level'])} ${String(line['msg'])}`)).toEqual([
      `info ${target}: a human is asked 3.0 s after the alert began: restart web: the mode is approve`,
      `info ${target}: rejected 4.0 s after the alert began: ops rejected it: later`,
      `warn ${target}: dropped as stale 5.0 s after the alert began: nobody approved it within 30m`,
    ]);
    expect(lines[0]).toMatchObject({ result: 'awaiting-approval', plan: plan.summary, touches: [target] });
    expect(JSON.stringify(lines)).not.toContain('not for the log');
  });

  it('counts attempts, whether changes helped, and what was taken back', async () => {
    const { report, metric } = reporting();
    report({ event: 'begun', resumed: false, ...about });
    report({ event: 'begun', resumed: true, ...about });
    report({ event: 'begun', resumed: false, ...about, attempt: 2 });
    report({ event: 'verified', verdict: no('still ill'), tookMs: 1, ...about });
    report({ event: 'undone', plan, ...about });
    const lines = await metric();
    for (const run of ['first', 'again', 'resumed'])
      expect(lines).toContain(`paramedic_attempts_total{run="${run}"} 1`);
    expect(lines).toContain('paramedic_verifications_total{action="restart/container",verdict="did-not-help"} 1');
    expect(lines).toContain('paramedic_actions_total{action="restart/container",result="undone"} 1');
  });

  it('has no series of its own for a playbook that is not configured, whatever its name', async () => {
    const { report, metric } = reporting();
    const outcome = { result: 'recovered', reason: 'well' } as const;
    for (const playbook of ['by hand', 'gone-1', 'gone-2'])
      report({ event: 'ended', outcome, sinceStartsAtMs: 1, ...about, playbook });
    const lines = (await metric()).filter((line) => /^paramedic_recoveries_total\{playbook="(?!web")/.test(line));
    expect(lines.filter((line) => !line.endsWith(' 0'))).toEqual([
      'paramedic_recoveries_total{playbook="other",action="restart/container",outcome="recovered"} 3',
    ]);
  });
});
