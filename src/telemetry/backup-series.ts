import { Gauge, type Registry } from 'prom-client';
import { createRepositorySeries, type RepositoryTold } from './repository-series.ts';
import { within } from './within.ts';

/** What is told of one source of backups. Times in ms since the epoch. */
export interface BackupStanding {
  readonly name: string;
  readonly class: string;
  readonly repository: string;
  readonly rpoMs: number;
  readonly rtoMs: number;
  readonly newest?: { readonly at: number; readonly bytes: number };
  /** The last backup, whatever came of it. */
  readonly last?: {
    readonly result?: string;
    readonly endedAt?: number;
    readonly stages?: Readonly<Record<string, number>>;
  };
  readonly drill?: { readonly result?: string };
  /** The last drill that was well: how long each of its stages took, ms. */
  readonly drilled?: { readonly endedAt?: number; readonly stages?: Readonly<Record<string, number>> };
  readonly drillDueAt?: number;
  readonly next: { readonly backup?: { readonly at: number } };
}

export interface BackupsTold {
  readonly sources: readonly BackupStanding[];
  readonly repositories: readonly RepositoryTold[];
}

const labelNames = ['source', 'class', 'repository'] as const;

export interface BackupSeries {
  /** Asks `read` at each scrape. When it fails or takes over 1 s, the last figures stay and the scrape goes on. */
  collect(read: () => Promise<BackupsTold>): void;
}

const readMs = 1_000;

/**
 * Gauges of each configured source and repository. That of its target is there from the beginning, also of a source that
 * never had a recovery point, so that a rule can tell of it.
 */
export function createBackupSeries(registry: Registry): BackupSeries {
  let read = async (): Promise<BackupsTold> => ({ sources: [], repositories: [] });
  let reading: Promise<void> | undefined;
  // One read for all of them, and none is told before it is done.
  const collect = (): Promise<void> =>
    (reading ??= within(readMs, read())
      .then((told) => told && tell(told))
      .finally(() => (reading = undefined)));
  const gauge = (name: string, help: string): Gauge<(typeof labelNames)[number]> =>
    new Gauge({ name, help, labelNames, registers: [registry], collect });
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
  const ranAt = gauge(
    'paramedic_backup_last_run_timestamp_seconds',
    'When the last backup of a source ended, whatever came of it.',
  );
  const rto = gauge('paramedic_backup_rto_target_seconds', 'How long it may take to bring a source back.');
  const drillFailed = gauge('paramedic_backup_last_drill_failed', '1 when the last drill of a source was not well.');
  const drilledAt = gauge('paramedic_backup_drill_timestamp_seconds', 'When the last good drill of a source ended.');
  const drillDue = gauge(
    'paramedic_backup_drill_due_timestamp_seconds',
    'When the first drill of a source was due by its schedule since one was well.',
  );
  const byStage = (name: string, help: string): Gauge<(typeof labelNames)[number] | 'stage'> =>
    new Gauge({ name, help, labelNames: [...labelNames, 'stage'], registers: [registry], collect });
  const ran = byStage(
    'paramedic_backup_duration_seconds',
    'How long each stage of the last backup of a source took, whatever came of it.',
  );
  const took = byStage(
    'paramedic_backup_drill_duration_seconds',
    'How long each stage of the last good drill of a source took.',
  );
  const next = gauge('paramedic_backup_next_run_timestamp_seconds', 'When a source is backed up next by its schedule.');
  const tellRepositories = createRepositorySeries(registry, collect);
  return { collect: (from) => void (read = from) };

  function tell({ sources, repositories }: BackupsTold): void {
    tellRepositories(repositories);
    // Of a source that is not configured any more nothing is told.
    for (const one of [rpo, at, bytes, failed, ranAt, ran, rto, drillFailed, drilledAt, drillDue, took, next])
      one.reset();
    for (const { name: source, class: of, repository, newest, last, drill, drilled, ...one } of sources) {
      const labels = { source, class: of, repository };
      rpo.set(labels, one.rpoMs / 1_000);
      rto.set(labels, one.rtoMs / 1_000);
      failed.set(labels, isFailed(last));
      if (last?.endedAt !== undefined) ranAt.set(labels, last.endedAt / 1_000);
      for (const [stage, ms] of Object.entries(last?.stages ?? {})) ran.set({ ...labels, stage }, ms / 1_000);
      drillFailed.set(labels, isFailed(drill));
      if (drilled?.endedAt !== undefined) drilledAt.set(labels, drilled.endedAt / 1_000);
      if (one.drillDueAt !== undefined) drillDue.set(labels, one.drillDueAt / 1_000);
      for (const [stage, ms] of Object.entries(drilled?.stages ?? {})) took.set({ ...labels, stage }, ms / 1_000);
      if (one.next.backup !== undefined) next.set(labels, one.next.backup.at / 1_000);
      if (newest === undefined) continue;
      at.set(labels, newest.at / 1_000);
      bytes.set(labels, newest.bytes);
    }
  }
}

const isFailed = (last: BackupStanding['last']): number =>
  last?.result === undefined || last.result === 'verified' ? 0 : 1;
