import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import type { Reason } from '../domain/errors.ts';
import type { Result } from '../domain/recovery.ts';
import type { Usage } from '../domain/store.ts';
import { within } from './within.ts';
import { createBackupSeries } from './backup-series.ts';

/** Every metric of the service. Counters and gauges are changed by whoever knows; names and labels are made here only. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Jobs by queue and state, as the queue counts them: `{recoveries: {waiting: 0, …}}`. Other queues and states are left out. */
export type QueueCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What is configured: the series of each exist at zero from then on. A playbook of the configuration fits as it is. */
export interface Configured {
  readonly playbooks: readonly { readonly name: string; readonly steps: readonly { readonly verb: string }[] }[];
  /** Registry keys of all actions: `restart/container`. */
  readonly actions: readonly string[];
  /** Kinds of all guardrails: `cooldown`. */
  readonly guardrails: readonly string[];
  /** URLs of the Alertmanager peers as configured; credentials and query stay out of the label. */
  readonly alertmanagers?: readonly string[];
}

/** The label `action` of a recovery that ended before its first step. */
export const NO_ACTION = 'none';
const WEBHOOK_CODES = [202, 400, 401, 404, 405, 413, 415, 429, 500, 503];
/** The label `playbook` of what no configured playbook does: asked for by hand, or by one that is gone since. */
export const OTHER_PLAYBOOK = 'other';
const OUTCOMES = Object.keys({
  recovered: true,
  'not-recovered': true,
  blocked: true,
  planned: true,
  obsolete: true,
  'awaiting-approval': true,
  rejected: true,
  stale: true,
  failed: true,
} satisfies Record<Result, true>);
const REASONS = [
  ...(['timeout', 'unreachable', 'not-found', 'forbidden', 'conflict'] as const satisfies Reason[]),
  ...(['rate-limited', 'server-error', 'bad-request', 'aborted'] as const satisfies Reason[]),
  'internal',
] as const;
const PARTS = ['decisions', 'evidence', 'audit'] as const satisfies Usage['part'][];
const STAGES = ['alert_to_begin', 'begin_to_apply', 'apply', 'verify', 'total'] as const;
const QUEUES = ['inbox', 'recoveries', 'backups', 'restores', 'upkeep'];
const JOB_STATES = ['waiting', 'active', 'delayed', 'paused', 'failed', 'completed'];
const QUEUE_READ_TIMEOUT_MS = 1_000;

/** Of this Paramedic. */
export const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
};
const noQueues = (): Promise<QueueCounts> => Promise.resolve({});

/** A registry of its own, with the process's default metrics, and every series with a closed label set at zero. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  // Looked at each 10 ms, as it is by default, the loop alone takes 1 % of a core; looked at less often, these figures would
  // be of how often. `nodejs_eventloop_lag_seconds` is measured at each scrape.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const part of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    registry.removeSingleMetric(`nodejs_eventloop_lag_${part}_seconds`);
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new Gauge({ name, help, labelNames, registers });

  const playbooks = new Set<string>();

  const metrics = {
    registry,
    webhookRequests: counter('paramedic_webhook_requests_total', 'Webhook requests by HTTP status.', ['code']),
    webhookDuration: new Histogram({
      name: 'paramedic_webhook_duration_seconds',
      help: 'From the first byte of a webhook request to its answer.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers,
    }),
    authFailures: counter('paramedic_auth_failures_total', 'Wrong credentials that were refused.', ['part']),
    alertsReceived: counter('paramedic_alerts_received_total', 'Alerts out of accepted deliveries.', ['status']),
    decisions: counter('paramedic_decisions_total', 'Decisions on episodes: to recover, or nothing.', ['decision']),
    alertsPostponed: counter('paramedic_alerts_postponed_total', 'Alerts put off: their platform did not answer.'),
    recoveries: counter(
      'paramedic_recoveries_total',
      'Outcomes of recoveries, awaiting-approval too; action is the last one that was considered.',
      ['playbook', 'action', 'outcome'],
    ),
    attempts: counter('paramedic_attempts_total', 'Attempts of recoveries that a run began, or went on with.', ['run']),
    verifications: counter('paramedic_verifications_total', 'Whether changes helped.', ['action', 'verdict']),
    recoveryDuration: new Histogram({
      name: 'paramedic_recovery_duration_seconds',
      help: 'Stages of a recovery; alert_to_begin and total count from startsAt, total only when it recovered.',
      labelNames: ['stage'] as const,
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
      registers,
    }),
    guardrailVerdicts: counter('paramedic_guardrail_verdicts_total', 'Verdicts of guardrails; error counts as held.', [
      'guardrail',
      'verdict',
    ]),
    actions: counter('paramedic_actions_total', 'Changes made to the outside world.', ['action', 'result']),
    pages: counter('paramedic_pages_total', 'Times a human was called.'),
    pageSends: counter('paramedic_page_sends_total', 'Pages sent to Alertmanager, all open ones at a time.', [
      'result',
    ]),
    actionErrors: counter('paramedic_action_errors_total', 'Failures of the outside world, and our own.', ['reason']),
    openRecoveries: gauge('paramedic_open_recoveries', 'Recoveries that have not ended.'),
    recoveriesAwaitingApproval: gauge('paramedic_recoveries_awaiting_approval', 'Open recoveries that ask a human.'),
    openEpisodes: gauge('paramedic_open_episodes', 'Troubles that are on.'),
    storeBytes: gauge('paramedic_store_bytes', 'What is kept in Redis, roughly.', ['part']),
    storeMaxBytes: gauge('paramedic_store_max_bytes', 'Above it the oldest go.', ['part']),
    configReloadSuccessful: gauge('paramedic_config_last_reload_successful', '1 when the last reload was taken over.'),
    configReloadTimestamp: gauge(
      'paramedic_config_last_reload_success_timestamp_seconds',
      'When a configuration was last taken over.',
    ),
    redisUp: gauge('paramedic_redis_up', '1 while Redis answers.'),
    alertmanagerReachable: gauge('paramedic_alertmanager_reachable', '1 when this peer answered the last read.', [
      'url',
    ]),
    backups: createBackupSeries(registry),
    upkeepTimestamp: gauge('paramedic_upkeep_last_run_timestamp_seconds', 'When upkeep last ran to its end.'),
    /** A configuration is in force. */
    configTaken(): void {
      metrics.configReloadSuccessful.set(1);
      metrics.configReloadTimestamp.set(Date.now() / 1000);
    },
    /** Call at start and at each reload. Series of playbooks that went stay: a counter must not vanish. */
    initialise(configured: Configured): void {
      for (const playbook of configured.playbooks) {
        playbooks.add(playbook.name);
        const verbs = new Set(playbook.steps.map((step) => step.verb));
        const own = configured.actions.filter((key) => verbs.has(key.slice(0, key.indexOf('/'))));
        for (const action of [...own, NO_ACTION])
          for (const outcome of OUTCOMES) metrics.recoveries.inc({ playbook: playbook.name, action, outcome }, 0);
      }
      for (const action of configured.actions) {
        for (const result of ['applied', 'failed', 'undone']) metrics.actions.inc({ action, result }, 0);
        for (const verdict of ['helped', 'did-not-help']) metrics.verifications.inc({ action, verdict }, 0);
        // As many as an alert asks for.
        for (const outcome of ['not-recovered', 'failed'])
          metrics.recoveries.inc({ playbook: OTHER_PLAYBOOK, action, outcome }, 0);
      }
      for (const guardrail of configured.guardrails)
        for (const verdict of ['ok', 'held', 'error']) metrics.guardrailVerdicts.inc({ guardrail, verdict }, 0);
      for (const result of ['ok', 'failed']) metrics.pageSends.inc({ result }, 0);
      for (const url of configured.alertmanagers ?? [])
        metrics.alertmanagerReachable.inc({ url: url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/, '') }, 0);
    },
    /** The label of a playbook. Recoveries are about any name that was ever configured: the series must not be as many. */
    playbookLabel: (name: string): string => (playbooks.has(name) ? name : OTHER_PLAYBOOK),
    /** Asks `read` at each scrape. When it fails or takes over 1 s, the last figures stay and the scrape goes on. */
    collectQueues(read: () => Promise<QueueCounts>): void {
      readQueues = read;
    },
  };

  let readQueues = noQueues;
  let running: Promise<QueueCounts> | undefined;
  const queueJobs = new Gauge({
    name: 'paramedic_queue_jobs',
    help: 'Jobs by queue and state; the last known while Redis does not answer.',
    labelNames: ['queue', 'state'],
    registers: [],
    async collect() {
      // A read that hangs is waited for again, not doubled.
      running ??= (async () => readQueues())().finally(() => (running = undefined));
      const counts = await within(QUEUE_READ_TIMEOUT_MS, running);
      for (const queue of QUEUES)
        for (const state of JOB_STATES) {
          const value = counts?.[queue]?.[state];
          if (value === undefined) this.inc({ queue, state }, 0);
          else this.set({ queue, state }, value);
        }
    },
  });
  registry.registerMetric(queueJobs);
  gauge('paramedic_build_info', 'Always 1; the version is in the label.', ['version']).set({ version: version() }, 1);

  for (const code of WEBHOOK_CODES) metrics.webhookRequests.inc({ code }, 0);
  for (const part of ['webhook', 'ui']) metrics.authFailures.inc({ part }, 0);
  for (const status of ['firing', 'resolved']) metrics.alertsReceived.inc({ status }, 0);
  for (const decision of ['recover', 'none']) metrics.decisions.inc({ decision }, 0);
  for (const run of ['first', 'again', 'resumed']) metrics.attempts.inc({ run }, 0);
  for (const part of [...PARTS, 'known-good']) metrics.storeBytes.set({ part }, 0);
  for (const reason of REASONS) metrics.actionErrors.inc({ reason }, 0);
  for (const stage of STAGES) metrics.recoveryDuration.zero({ stage });
  return metrics;
}
