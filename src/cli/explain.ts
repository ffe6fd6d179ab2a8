import { readFile } from 'node:fs/promises';
import { actions } from '../actions/index.ts';
import { createClients } from '../clients/clients.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { Alert, Delivery } from '../domain/alert.ts';
import type { AlertmanagerClient, AlertmanagerReading, Clients } from '../domain/clients.ts';
import type { Decision } from '../domain/decision.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import { type Mode, narrower, type Playbook } from '../domain/playbook.ts';
import { realClock } from '../domain/real-clock.ts';
import type { Recovery, StepReport } from '../domain/recovery.ts';
import type { Target, TargetKind } from '../domain/target.ts';
import { recover, triage } from '../flow.ts';
import { guardrails } from '../guardrails/index.ts';
import { parseDelivery } from '../http/parse-delivery.ts';
import type { Road } from '../road/road.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { targets } from '../targets/index.ts';
import { explainStored } from './explain-stored.ts';
import { explainText, sortOf, type Walked } from './explain-text.ts';
import { isStored } from './is-stored.ts';

export interface ExplainArgs {
  readonly payload?: string | undefined;
  readonly alertmanager?: string | undefined;
  readonly config?: string | undefined;
  /** Where the server is that is asked for a stored decision. */
  readonly url?: string | undefined;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
}

interface Explained {
  readonly fingerprint: string;
  readonly alertname: string;
  readonly decision: 'recover' | 'none';
  readonly reason: string;
  readonly playbook: string | null;
  readonly target: string | null;
  readonly mode: Mode;
  readonly steps: readonly Pick<StepReport, 'action' | 'verdict' | 'plan'>[];
}

/**
 * The same road in observe mode against the live platforms, without Redis and without writing anything. Exit code 0
 * when every alert got a decision. A fingerprint, an episode or a recovery instead: what the server decided about it.
 * Throws UserError for a payload, an Alertmanager or a server that cannot be read.
 */
export async function explain(args: ExplainArgs): Promise<number> {
  const { payload, alertmanager, config: file, json, env, out } = args;
  if ((payload === undefined) === (alertmanager === undefined)) {
    throw new UserError(
      'explain takes a webhook payload, a fingerprint or an Alertmanager: explain PAYLOAD.json, explain FINGERPRINT, or explain --alertmanager URL',
    );
  }
  if (payload !== undefined && isStored(payload)) return explainStored(payload, args);
  const loaded = await loadConfig(file === undefined ? { env } : { file, env });
  const config: Config = {
    ...loaded,
    ...(alertmanager !== undefined && { alertmanager: { urls: [alertmanager], receiver: 'paramedic' } }),
  };
  const { alertmanager: live, ...platforms } = await createClients(config);
  const reading = alertmanager === undefined ? undefined : await readAlertmanager(live, alertmanager);
  // A stored payload is explained as if it came in now: whether Alertmanager still has it is not asked.
  const clients: Clients = reading === undefined ? platforms : { ...platforms, alertmanager: clientOf(reading) };
  const delivery = reading === undefined ? await readPayload(payload ?? '') : firingIn(reading);

  const store = createMemoryStore();
  const rings: string[] = [];
  const symptoms = new Map<string, readonly string[]>();
  const road: Road = {
    config: () => ({ ...config, mode: 'observe' }),
    clients: () => clients,
    store,
    bell: {
      ring: async (recovery) => void rings.push(recovery),
      state: async () => 'live',
    },
    report: () => undefined,
    clock: realClock,
    targets: targets.map((kind) => noting(kind, symptoms)),
    actions,
    guardrails,
  };
  await triage(delivery, road);
  const once = { attempt: 1, made: 0, lastTry: true };
  await Promise.all(rings.map((recovery) => recover({ recovery, ...once }, road, new AbortController().signal)));

  const walked = await Promise.all(
    (await store.decisions(delivery.alerts.length)).map(async (decision) => ({
      ...walkedTo(
        decision,
        decision.recovery === undefined ? undefined : await store.recovery(decision.recovery),
        config,
      ),
      symptoms: symptoms.get(decision.target?.key ?? ''),
    })),
  );
  if (json) out(JSON.stringify({ decisions: walked.map(told) }, null, 2));
  else explainText(walked, out);
  return walked.length === delivery.alerts.length ? 0 : 1;
}

/** The same kind; what is wrong with each target when it is looked at last is noted under its key. */
const noting = (kind: TargetKind, symptoms: Map<string, readonly string[]>): TargetKind => ({
  ...kind,
  async observe(target, clients, signal) {
    const state = await kind.observe(target, clients, signal);
    if (state !== undefined) symptoms.set(target.key, kind.symptoms(state));
    return state;
  },
});

/** `mode` is what would really be allowed: by the configuration and the object itself, not by the observing of this walk. */
function walkedTo(decision: Decision, recovery: Recovery | undefined, config: Config): Walked {
  const { target } = decision;
  const playbook = config.playbooks.find((one) => one.name === decision.playbook);
  const mode = narrower(narrower(config.mode, playbook?.mode ?? 'act'), target?.mode ?? 'act');
  return { decision, recovery, mode, why: mode === 'act' ? undefined : whyObserve(target, playbook, config) };
}

function whyObserve(target: Target | undefined, playbook: Playbook | undefined, config: Config): string {
  if (target?.mode === 'observe') return target.modeReason ?? 'as paramedic.dev/mode on the object says';
  if (config.mode === 'observe') return 'until the configuration says `mode: act`';
  return `as playbook ${playbook?.name ?? '?'} says`;
}

function told(walked: Walked): Explained {
  const { decision, recovery, mode } = walked;
  const { result, reason } = recovery?.outcome ?? {};
  return {
    fingerprint: decision.fingerprint,
    alertname: decision.alertname,
    decision: sortOf(walked) === 'nothing' ? 'none' : 'recover',
    reason: result === undefined ? decision.reason : `${result}: ${reason}`,
    playbook: decision.playbook ?? null,
    target: decision.target?.key ?? null,
    mode,
    steps: (recovery?.steps ?? []).map(({ action, verdict, plan }) => ({ action, verdict, ...(plan && { plan }) })),
  };
}

async function readPayload(path: string): Promise<Delivery> {
  let body: unknown;
  try {
    body = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} is no webhook payload: ${messageOf(error)}`);
  }
  const delivery = parseDelivery(body, Date.now());
  if ('error' in delivery) throw new UserError(`${path} is no webhook payload: ${delivery.error}`);
  return delivery;
}

/** What it lists now, as a client: read once. It lets eight readers in at a time, and we may have hundreds. */
async function readAlertmanager(client: AlertmanagerClient | undefined, url: string): Promise<AlertmanagerReading> {
  const reading = await client?.list();
  if (reading === undefined || reading.reachable === 0) {
    throw new UserError(`no Alertmanager answers at ${url}: ${reading?.errors.join('; ') ?? ''}`);
  }
  return reading;
}

const clientOf = (reading: AlertmanagerReading): AlertmanagerClient => ({
  list: async (filter) => ({
    ...reading,
    alerts: reading.alerts.filter(({ labels }) => filter === undefined || labels['alertname'] === filter.alertname),
  }),
});

function firingIn(reading: AlertmanagerReading): Delivery {
  const alerts = reading.alerts
    .filter((alert) => alert.state === 'active')
    .map((alert): Alert => ({ ...alert, alertname: alert.labels['alertname'] ?? '', status: 'firing' }));
  return { receivedAt: Date.now(), source: 'alertmanager', receiver: '', truncatedAlerts: 0, alerts };
}
