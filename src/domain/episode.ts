import type { Delivery } from './alert.ts';

/**
 * Our own record of one trouble being on. Its identity is (alertname, target), or (alertname, fingerprint) while there
 * is no target: neither `startsAt` nor `fingerprint` is dependable (Alertmanager merges the one, an exporter's restart
 * changes the other).
 */
export interface Episode {
  /** Random, `ep_…`. */
  readonly id: string;
  readonly alertname: string;
  readonly targetKey?: string;
  /** Who told us first: Grafana's alerts are not in Alertmanager's list, and their absence there says nothing. */
  readonly source: Delivery['source'];
  /** ms since the epoch */
  readonly openedAt: number;
  readonly closedAt?: number;
  /** Alerts attributed to it: firing, repeated, resolved and late ones. */
  readonly count: number;
  /** Fingerprint → what we last knew of it. */
  readonly members: Readonly<Record<string, Member>>;
  /** The recovery it started or joined. */
  readonly recovery?: string;
}

export interface Member {
  readonly startsAt: number;
  /** ms since the epoch: when we last heard it firing. */
  readonly lastSeenAt: number;
  /** ms since the epoch: the first of the latest re-reads of a reachable Alertmanager that did not list it; 0: listed. */
  readonly absentSince: number;
}
