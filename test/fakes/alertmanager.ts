import type { AlertmanagerClient, ListedAlert, Silence, Silencer } from '../../src/domain/clients.ts';
import { ActionError } from '../../src/domain/errors.ts';

/** An Alertmanager in memory: its silences suppress its alerts. `now` is ms since the epoch. */
export function createFakeAlertmanager(now: () => number) {
  const alerts: ListedAlert[] = [];
  const silences: Silence[] = [];
  const asked: string[] = [];
  const down = { alerts: false, silences: false };
  const throwIfDown = (): void => {
    if (down.silences) throw new ActionError('Alertmanager is down', 'unreachable', true);
  };
  const stateOf = ({ state, endsAt }: Silence): Silence['state'] => (endsAt <= now() ? 'expired' : state);
  const holds = ({ labels = {} }: Silence, alert: ListedAlert): boolean =>
    Object.entries(labels).every(([name, value]) => (alert.labels[name] ?? '') === value);

  const client: AlertmanagerClient = {
    list: async (filter) => ({
      reachable: down.alerts ? 0 : 1,
      errors: [],
      alerts: (down.alerts ? [] : alerts)
        .filter(({ labels }) => filter === undefined || labels['alertname'] === filter.alertname)
        .map((alert) => {
          const by = silences.filter((one) => stateOf(one) === 'active' && holds(one, alert));
          const suppressedBy = [...alert.suppressedBy, ...by.map(({ id }) => `silence ${id}`)];
          return { ...alert, suppressedBy, state: suppressedBy.length > 0 ? 'suppressed' : 'active' };
        }),
    }),
  };
  const silencer: Silencer = {
    async silence(wanted) {
      asked.push('silence');
      throwIfDown();
      const id = `s${silences.length + 1}`;
      silences.push({ id, state: 'active', ...wanted });
      return id;
    },
    async expire(id) {
      asked.push(`expire ${id}`);
      throwIfDown();
      const at = silences.findIndex((one) => one.id === id);
      const found = silences[at];
      if (found !== undefined) silences[at] = { ...found, state: 'expired', endsAt: now() };
    },
    async silencesBy(createdBy) {
      asked.push('list');
      throwIfDown();
      return silences.filter((one) => one.createdBy === createdBy).map((one) => ({ ...one, state: stateOf(one) }));
    },
  };
  return {
    client,
    silencer,
    alerts,
    silences,
    /** What the silencer was asked: `silence`, `expire s1`, `list`. */
    asked,
    down,
    live: () => silences.filter((one) => stateOf(one) === 'active'),
    fires(fingerprint: string, labels: Record<string, string>, suppressedBy: readonly string[] = []): void {
      const more = { annotations: {}, startsAt: now(), state: 'active', receivers: ['paramedic'] } as const;
      alerts.push({ fingerprint, labels, suppressedBy, ...more });
    },
    isSuppressed: async (fingerprint: string): Promise<boolean> =>
      (await client.list()).alerts.some((one) => one.fingerprint === fingerprint && one.state === 'suppressed'),
  };
}
