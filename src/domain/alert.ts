/** One firing or resolved alert, out of an Alertmanager webhook (payload version 4), Grafana Alerting's, or a re-read. */
export interface Alert {
  /** Alertmanager's hash of the label set. Stable across episodes, and no identity: see episode.ts. */
  readonly fingerprint: string;
  readonly alertname: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. Merged to the earliest by Alertmanager and may repeat. */
  readonly startsAt: number;
  /** Milliseconds since the epoch; only on resolved alerts (Alertmanager sends year 1 for firing ones). */
  readonly endsAt?: number;
  readonly generatorURL?: string;
}

/** What one POST (or one re-read of Alertmanager) brought. */
export interface Delivery {
  /** When we took it, milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly source: 'alertmanager' | 'grafana' | 'reread';
  /** The receiver's name as the user's Alertmanager configuration spells it. */
  readonly receiver: string;
  /** More than 0: the group is incomplete, always the same tail is missing. */
  readonly truncatedAlerts: number;
  readonly alerts: readonly Alert[];
}
