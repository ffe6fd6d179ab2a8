import { Gauge, type Registry } from 'prom-client';

/** What is told of one source of backups. Times in ms since the epoch. */
export interface BackupStanding {
  readonly name: string;
  readonly class: string;
  readonly repository: string;
  readonly rpoMs: number;
  readonly newest?: { readonly at: number; readonly bytes: number };
  readonly last?: { readonly result?: string };
}

const labelNames = ['source', 'class', 'repository'] as const;

/**
 * Gauges of each configured source. That of its target is there from the beginning, also of a source that never had a
 * recovery point, so that a rule can tell of it.
 */
export function createBackupSeries(registry: Registry): (all: readonly BackupStanding[]) => void {
  const gauge = (name: string, help: string): Gauge<(typeof labelNames)[number]> =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const rpo = gauge('paramedic_backup_rpo_target_seconds', 'How old the newest recovery point of a source may be.');
  const at = gauge(
    'paramedic_backup_recovery_point_timestamp_seconds',
    'The moment that the newest recovery point of a source is of.',
  );
  const bytes = gauge('paramedic_backup_recovery_point_bytes', 'What the newest recovery point of a source holds.');
  const failed = gauge(
    'paramedic_backup_last_run_failed',
    '1 when the last backup of a source has made no recovery point.',
  );
  return (all) => {
    // Of a source that is not configured any more nothing is told.
    for (const one of [rpo, at, bytes, failed]) one.reset();
    for (const { name: source, class: of, repository, rpoMs, newest, last } of all) {
      const labels = { source, class: of, repository };
      rpo.set(labels, rpoMs / 1_000);
      failed.set(labels, last?.result === undefined || last.result === 'verified' ? 0 : 1);
      if (newest === undefined) continue;
      at.set(labels, newest.at / 1_000);
      bytes.set(labels, newest.bytes);
    }
  };
}
