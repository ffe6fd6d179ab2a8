import { createHash } from 'node:crypto';

export interface PayloadAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status?: 'firing' | 'resolved';
  /** ms since the epoch; now when absent. */
  readonly startsAt?: number;
}

/** Stable for a label set, as Alertmanager's own is. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b)));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The body of one Alertmanager notification (payload version 4). */
export function webhookPayload(alerts: readonly PayloadAlert[], receiver = 'paramedic'): string {
  const isFiring = alerts.some(({ status }) => status !== 'resolved');
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    status: isFiring ? 'firing' : 'resolved',
    receiver,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://127.0.0.1:9093',
    alerts: alerts.map(({ labels, status = 'firing', startsAt = Date.now() }) => ({
      status,
      labels,
      annotations: {},
      startsAt: new Date(startsAt).toISOString(),
      endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
      generatorURL: '',
      fingerprint: fingerprintOf(labels),
    })),
  });
}
