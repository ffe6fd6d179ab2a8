import type { FlowEvent, Report } from '../domain/flow-event.ts';
import type { Result } from '../domain/recovery.ts';
import type { Log } from './log.ts';
import { NO_ACTION, type Metrics } from './metrics.ts';
import { createStopwatch } from './stopwatch.ts';

/** What happened on the road, as one log line and the metrics. `now` is ms since the epoch. */
export function createReport(
  log: Pick<Log, 'info' | 'warn' | 'error'>,
  metrics: Metrics,
  now: () => number = Date.now,
): Report {
  const stopwatch = createStopwatch(metrics, now);
  return (event) => {
    log[levelOf(event)](fieldsOf(event), sentenceOf(event));
    count(event, metrics);
    if ('recovery' in event) stopwatch(event);
  };
}

function levelOf(event: FlowEvent): 'info' | 'warn' | 'error' {
  if (event.event === 'page' || (event.event === 'pages-sent' && event.errors.length > 0)) return 'error';
  const bad =
    event.event === 'postponed' ||
    event.event === 'undone' ||
    event.event === 'trouble' ||
    (event.event === 'verified' && !event.verdict.ok) ||
    (event.event === 'ended' && ['not-recovered', 'blocked', 'stale', 'failed'].includes(event.outcome.result));
  return bad ? 'warn' : 'info';
}

/** Flat, so that a log can be searched by any of them. Of a plan what it says, not the values it pins. */
function fieldsOf(event: FlowEvent): Readonly<Record<string, unknown>> {
  if (event.event === 'decided') {
    const { episode, alertname, fingerprint, decision, reason, playbook, target, mode, recovery } = event.decision;
    const about = { episode, alertname, fingerprint, decision, reason, playbook, target: target?.key, mode, recovery };
    return { event: event.event, opened: event.opened, ...about };
  }
  if ('plan' in event) {
    const { plan, ...rest } = event;
    return { ...rest, plan: plan.summary, touches: plan.touches };
  }
  if ('verdict' in event) {
    const { verdict, ...rest } = event;
    return { ...rest, ...verdict };
  }
  if ('outcome' in event) {
    const { outcome, ...rest } = event;
    const { question, ...said } = outcome;
    return { ...rest, ...said, ...(question && { plan: question.plan.summary, touches: question.plan.touches }) };
  }
  return { ...event };
}

/** Where the outcome's own name does not read well. */
const wordFor: Partial<Record<Result, string>> = {
  'awaiting-approval': 'a human is asked',
  stale: 'dropped as stale',
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** What an on-call engineer reads at night. */
function sentenceOf(event: FlowEvent): string {
  switch (event.event) {
    case 'decided': {
      const { alertname, decision, reason, playbook, target, recovery } = event.decision;
      if (decision === 'none') return `alert ${alertname}: nothing is done: ${reason}`;
      const what = event.opened ? 'starts' : 'joins';
      return `alert ${alertname} ${what} recovery ${recovery} of ${target?.key} by playbook ${playbook}: ${reason}`;
    }
    case 'postponed':
      return `alert ${event.alertname} is put off: ${event.reason}`;
    case 'begun':
      return event.resumed
        ? `${event.target}: attempt ${event.attempt} of playbook ${event.playbook} goes on where its last run stopped`
        : `${event.target}: attempt ${event.attempt} of playbook ${event.playbook} begins`;
    case 'planned':
      return `${event.target}: the plan is to ${event.plan.summary}`;
    case 'passed-over':
      return `${event.target}: ${event.action} is passed over: ${event.verdict.reason}`;
    case 'guardrail':
      return `${event.target}: guardrail ${event.guardrail} ${event.verdict.ok ? 'allows' : 'holds'} ${event.action}: ${event.verdict.reason}`;
    case 'applying':
      return `${event.target}: now doing: ${event.plan.summary}`;
    case 'applied':
      return `${event.target}: ${event.action} is done, it took ${seconds(event.tookMs)}`;
    case 'verified':
      return `${event.target}: ${event.action} ${event.verdict.ok ? 'helped' : 'did not help'} (watched for ${seconds(event.tookMs)}): ${event.verdict.reason}`;
    case 'trouble':
      return `${event.target}: ${event.message} (${event.reason})${event.again ? ': it is tried again' : ''}`;
    case 'undone':
      return `${event.target}: taken back: ${event.plan.undo ?? event.plan.summary}`;
    case 'ended':
      return `${event.target}: ${wordFor[event.outcome.result] ?? event.outcome.result} ${seconds(event.sinceStartsAtMs)} after the alert began: ${event.outcome.reason}`;
    case 'pages-sent':
      return event.errors.length === 0
        ? `${event.pages} page${event.pages === 1 ? '' : 's'} sent to Alertmanager`
        : `A PAGE DID NOT ARRIVE, it is sent again within a minute: ${event.errors.join('; ')}`;
    case 'page':
      break;
  }
  return `${event.target}: A HUMAN HAS TO LOOK: ${event.reason}`;
}

function count(event: FlowEvent, metrics: Metrics): void {
  if (event.event === 'decided') metrics.decisions.inc({ decision: event.decision.decision });
  if (event.event === 'postponed') metrics.alertsPostponed.inc();
  if (event.event === 'guardrail')
    metrics.guardrailVerdicts.inc({ guardrail: event.guardrail, verdict: wordOf(event) });
  if (event.event === 'begun')
    metrics.attempts.inc({ run: event.resumed ? 'resumed' : event.attempt > 1 ? 'again' : 'first' });
  if (event.event === 'applied' || event.event === 'undone')
    metrics.actions.inc({ action: event.action, result: event.event });
  if (event.event === 'verified')
    metrics.verifications.inc({ action: event.action, verdict: event.verdict.ok ? 'helped' : 'did-not-help' });
  if (event.event === 'trouble') metrics.actionErrors.inc({ reason: event.reason });
  if (event.event === 'page') metrics.pages.inc();
  if (event.event === 'pages-sent') metrics.pageSends.inc({ result: event.errors.length === 0 ? 'ok' : 'failed' });
  if (event.event === 'ended') {
    const { playbook, action, outcome } = event;
    const labels = { playbook: metrics.playbookLabel(playbook), action: action || NO_ACTION };
    metrics.recoveries.inc({ ...labels, outcome: outcome.result });
  }
}

/** A guardrail that throws says no; the road tells it by this beginning of the reason. */
function wordOf({ guardrail, verdict }: Extract<FlowEvent, { event: 'guardrail' }>): 'ok' | 'held' | 'error' {
  if (verdict.ok) return 'ok';
  return verdict.reason.startsWith(`${guardrail} could not decide:`) ? 'error' : 'held';
}
