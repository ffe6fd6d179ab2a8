import { readFile } from 'node:fs/promises';
import { actions } from '../actions/index.ts';
import { createClients } from '../clients/clients.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { Alert, Delivery } from '../domain/alert.ts';
import type { Clients } from '../domain/clients.ts';
import type { Decision } from '../domain/decision.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import { narrower } from '../domain/playbook.ts';
import { realClock } from '../domain/real-clock.ts';
import type { Recovery, StepReport } from '../domain/recovery.ts';
import { recover, triage } from '../flow.ts';
import { guardrails } from '../guardrails/index.ts';
import { parseDelivery } from '../http/parse-delivery.ts';
import type { Road } from '../road/road.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { targets } from '../targets/index.ts';

export interface ExplainArgs {
  readonly payload?: string | undefined;
  readonly alertmanager?: string | undefined;
  readonly config?: string | undefined;
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
  readonly mode: 'observe' | 'act';
  readonly steps: readonly Pick<StepReport, 'action' | 'verdict' | 'plan'>[];
}

/**
 * The same road in observe mode against the live platforms, without Redis and without writing anything. Exit code 0
 * when every alert got a decision. Throws UserError for a payload or an Alertmanager that cannot be read.
 */
export async function explain({ payload, alertmanager, config: file, json, env, out }: ExplainArgs): Promise<number> {
  if ((payload === undefined) === (alertmanager === undefined)) {
    throw new UserError(
      'explain takes a webhook payload or an Alertmanager: explain PAYLOAD.json, or explain --alertmanager URL',
    );
  }
  const loaded = await loadConfig(file === undefined ? { env } : { file, env });
  const config: Config = {
    ...loaded,
    ...(alertmanager !== undefined && { alertmanager: { urls: [alertmanager], receiver: 'paramedic' } }),
  };
  const { alertmanager: live, ...platforms } = await createClients(config);
  // A stored payload is explained as if it came in now: whether Alertmanager still has it is not asked.
  const clients: Clients =
    alertmanager === undefined ? platforms : { ...platforms, ...(live && { alertmanager: live }) };
  const delivery = payload === undefined ? await firing(clients, alertmanager ?? '') : await readPayload(payload);

  const store = createMemoryStore();
  const rings: string[] = [];
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
    targets,
    actions,
    guardrails,
  };
  await triage(delivery, road);
  const never = new AbortController().signal;
  await Promise.all(rings.map((recovery) => recover({ recovery, attempt: 1, made: 0, lastTry: true }, road, never)));

  const decisions = await store.decisions(delivery.alerts.length);
  const explained = await Promise.all(
    decisions.map(async (decision) =>
      told(decision, decision.recovery === undefined ? undefined : await store.recovery(decision.recovery), config),
    ),
  );
  if (json) out(JSON.stringify({ decisions: explained }, null, 2));
  else print(explained, out);
  return explained.length === delivery.alerts.length ? 0 : 1;
}

/** `mode` is what would really be allowed: by the configuration and the object itself, not by the observing of this walk. */
function told(decision: Decision, recovery: Recovery | undefined, config: Config): Explained {
  const playbook = config.playbooks.find((one) => one.name === decision.playbook);
  const { result, reason } = recovery?.outcome ?? {};
  // What is obsolete, or could not be looked at, is not going to be recovered.
  const recovers = decision.decision === 'recover' && (result === 'planned' || result === 'blocked');
  return {
    fingerprint: decision.fingerprint,
    alertname: decision.alertname,
    decision: recovers ? 'recover' : 'none',
    reason: result === undefined ? decision.reason : `${result}: ${reason}`,
    playbook: decision.playbook ?? null,
    target: decision.target?.key ?? null,
    mode: narrower(narrower(config.mode, playbook?.mode ?? 'act'), decision.target?.mode ?? 'act'),
    steps: (recovery?.steps ?? []).map(({ action, verdict, plan }) => ({ action, verdict, ...(plan && { plan }) })),
  };
}

function print(explained: readonly Explained[], out: (line: string) => void): void {
  if (explained.length === 0) out('No alert is firing.');
  for (const { alertname, fingerprint, decision, reason, target, playbook, steps } of explained) {
    out(`${alertname} (${fingerprint})`);
    out(`  target    ${target ?? 'none'}`);
    out(`  playbook  ${playbook ?? 'none'}`);
    out(`  decision  ${decision}: ${reason}`);
    for (const step of steps) {
      out(
        `  step      ${step.action}: ${step.plan?.summary ?? step.verdict.reason}${step.plan ? ` (${step.verdict.reason})` : ''}`,
      );
    }
    out('');
  }
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

async function firing(clients: Clients, url: string): Promise<Delivery> {
  const reading = await clients.alertmanager?.list();
  if (reading === undefined || reading.reachable === 0) {
    throw new UserError(`no Alertmanager answers at ${url}: ${reading?.errors.join('; ') ?? ''}`);
  }
  const alerts = reading.alerts
    .filter((alert) => alert.state === 'active')
    .map((alert): Alert => ({ ...alert, alertname: alert.labels['alertname'] ?? '', status: 'firing' }));
  return { receivedAt: Date.now(), source: 'alertmanager', receiver: '', truncatedAlerts: 0, alerts };
}
