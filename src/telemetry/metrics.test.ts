import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const configured = {
  playbooks: [{ name: 'web', steps: [{ verb: 'restart' }] }],
  actions: ['restart/container', 'start/container'],
  guardrails: ['cooldown'],
  alertmanagers: ['http://ops:hush@am-1:9093/am/?key=hush'],
};

describe('metrics', () => {
  it('has every series with a closed label set at zero from the start', async () => {
    const text = await createMetrics().registry.metrics();
    for (const line of [
      'paramedic_webhook_requests_total{code="202"} 0',
      'paramedic_webhook_requests_total{code="503"} 0',
      'paramedic_webhook_duration_seconds_count 0',
      'paramedic_auth_failures_total{part="ui"} 0',
      'paramedic_alerts_received_total{status="firing"} 0',
      'paramedic_alerts_received_total{status="resolved"} 0',
      'paramedic_decisions_total{decision="recover"} 0',
      'paramedic_decisions_total{decision="none"} 0',
      'paramedic_alerts_postponed_total 0',
      'paramedic_recovery_duration_seconds_count{stage="alert_to_begin"} 0',
      'paramedic_recovery_duration_seconds_count{stage="total"} 0',
      'paramedic_pages_total 0',
      'paramedic_attempts_total{run="first"} 0',
      'paramedic_recoveries_awaiting_approval 0',
      'paramedic_store_bytes{part="audit"} 0',
      'paramedic_action_errors_total{reason="timeout"} 0',
      'paramedic_action_errors_total{reason="internal"} 0',
      'paramedic_queue_jobs{queue="recoveries",state="failed"} 0',
      'paramedic_open_recoveries 0',
      'paramedic_open_episodes 0',
      'paramedic_config_last_reload_successful 0',
      'paramedic_config_last_reload_success_timestamp_seconds 0',
      'paramedic_redis_up 0',
      'paramedic_upkeep_last_run_timestamp_seconds 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^paramedic_build_info\{version="\d+\.\d+\.\d+[^"]*"\} 1$/m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    // Those that would be of how often the loop is looked at are not there.
    expect(text.match(/^nodejs_eventloop_lag\w+/gm)).toEqual(['nodejs_eventloop_lag_seconds']);
  });

  it('makes the series of playbooks, actions and guardrails, and keeps the figures at a reload', async () => {
    const metrics = createMetrics();
    metrics.initialise(configured);
    const recovered = { playbook: 'web', action: 'restart/container', outcome: 'recovered' };
    metrics.recoveries.inc(recovered);
    metrics.initialise(configured);
    const lines = (await metrics.registry.metrics()).split('\n');
    expect(lines).toContain(
      'paramedic_recoveries_total{playbook="web",action="restart/container",outcome="recovered"} 1',
    );
    expect(lines).toContain('paramedic_recoveries_total{playbook="web",action="none",outcome="obsolete"} 0');
    expect(lines).toContain('paramedic_recoveries_total{playbook="web",action="none",outcome="awaiting-approval"} 0');
    expect(lines.filter((line) => line.startsWith('paramedic_recoveries_total{playbook="web"'))).toHaveLength(18);
    expect(lines).toContain(
      'paramedic_recoveries_total{playbook="other",action="start/container",outcome="not-recovered"} 0',
    );
    expect(lines).toContain('paramedic_verifications_total{action="restart/container",verdict="helped"} 0');
    expect(lines).toContain('paramedic_actions_total{action="start/container",result="failed"} 0');
    expect(lines).toContain('paramedic_guardrail_verdicts_total{guardrail="cooldown",verdict="error"} 0');
    expect(lines).toContain('paramedic_alertmanager_reachable{url="http://am-1:9093/am/"} 0');
  });

  it('counts jobs at the scrape, and leaves out queues and states it does not know', async () => {
    const metrics = createMetrics();
    metrics.collectQueues(() =>
      Promise.resolve({ recoveries: { waiting: 3, 'waiting-children': 9 }, other: { waiting: 7 } }),
    );
    const text = await metrics.registry.metrics();
    expect(text).toContain('paramedic_queue_jobs{queue="recoveries",state="waiting"} 3');
    expect(text).not.toContain('waiting-children');
    expect(text).not.toContain('queue="other"');
  });

  it('keeps the last figures when the queue fails or hangs, and reads once at a time', async () => {
    const metrics = createMetrics();
    let reads = 0;
    const answers = [
      () => Promise.resolve({ inbox: { waiting: 5 } }),
      () => {
        throw new Error('Connection is closed.');
      },
      () => new Promise<never>(() => {}),
    ];
    metrics.collectQueues(() => answers[reads++]?.() ?? Promise.resolve({ inbox: { waiting: 99 } }));
    for (let scrape = 0; scrape < 4; scrape++)
      expect(await metrics.registry.metrics()).toContain('paramedic_queue_jobs{queue="inbox",state="waiting"} 5');
    expect(reads).toBe(3);
  });
});
