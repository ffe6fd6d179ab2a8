import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actions } from '../../../src/actions/index.ts';
import { createClients } from '../../../src/clients/clients.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import { realClock } from '../../../src/domain/real-clock.ts';
import { triage } from '../../../src/flow.ts';
import { guardrails } from '../../../src/guardrails/index.ts';
import { createMemoryStore } from '../../../src/store/memory-store.ts';
import { targets } from '../../../src/targets/index.ts';

/** An alert, and the key of the target that was found for it, or the sentence that says why there is none. */
export interface Decided {
  readonly alert: Alert;
  readonly target?: string;
  readonly reason: string;
}

/** Triage as by a Paramedic that has a playbook for whatever comes. Nothing is recovered: no bell rings. */
export async function createTriage(
  kubeconfig: string,
): Promise<(alerts: readonly Alert[]) => Promise<readonly Decided[]>> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-triage-'));
  const file = join(dir, 'paramedic.yml');
  const playbooks = [{ name: 'any', match: ['alertname=~".+"'], steps: [{ restart: {} }] }];
  const kubernetes = [{ name: 'prod', kubeconfig }];
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ mode: 'act', docker: [], kubernetes, playbooks }));
  const config = await loadConfig({ file, env: {} });
  await rm(dir, { recursive: true });
  const clients = await createClients(config);
  const bell = { ring: async () => undefined, state: async () => 'live' as const };
  const road = { bell, report: () => undefined, clock: realClock, targets, actions, guardrails };

  return async (alerts) => {
    const store = createMemoryStore();
    const delivery = { receivedAt: Date.now(), source: 'alertmanager', receiver: '', truncatedAlerts: 0 } as const;
    await triage({ ...delivery, alerts }, { ...road, store, config: () => config, clients: () => clients });
    const decisions = await store.decisions(alerts.length);
    return alerts.map((alert) => {
      const found = decisions.find(({ fingerprint }) => fingerprint === alert.fingerprint);
      if (found === undefined) throw new Error(`nothing was decided about ${JSON.stringify(alert.labels)}`);
      const { reason, target } = found;
      return { alert, reason, ...(target !== undefined && { target: target.key }) };
    });
  };
}
