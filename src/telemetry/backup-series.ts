import { Gauge, type Registry } from 'prom-client';

/** What is told of one source of backups. Times in ms since the epoch. */
export interface BackupStanding {
  readonly name: string;
  readonly class: string;
  readonly repository: string;
  readonly rpoMs: number;
  readonly newest?: { readonly at: number; readonly bytes: number };
  readonly last?: { readonly result?: string };
  readonly next: { readonly backup?: { readonly at: number } };
}

/** What is told of one repository of backups. */
export interface RepositoryTold {
  readonly name: string;
  readonly works: readonly {
    readonly work: string;
    readonly goodAt?: number;
    readonly dueAt?: number;
    readonly damage?: unknown;
  }[];
}

export interface BackupsTold {
  readonly sources: readonly BackupStanding[];
  readonly repositories: readonly RepositoryTold[];
}

const labelNames = ['source', 'class', 'repository'] as const;

/**
 * Gauges of each configured source and repository. That of its target is there from the beginning, also of a source that never had a
 * recovery point, so that a rule can tell of it.
 */
export function createBackupSeries(registry: Registry): (told: BackupsTold) => void {
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
  const next = gauge('paramedic_backup_next_run_timestamp_seconds', 'When a source is backed up next by its schedule.');
  const tellRepositories = createRepositorySeries(registry);
  return ({ sources, repositories }) => {
    tellRepositories(repositories);
    // Of a source that is not configured any more nothing is told.
    for (const one of [rpo, at, bytes, failed, next]) one.reset();
    for (const { name: source, class: of, repository, rpoMs, newest, last, next: soon } of sources) {
      const labels = { source, class: of, repository };
      rpo.set(labels, rpoMs / 1_000);
      failed.set(labels, last?.result === undefined || last.result === 'verified' ? 0 : 1);
      if (soon.backup !== undefined) next.set(labels, soon.backup.at / 1_000);
      if (newest === undefined) continue;
      at.set(labels, newest.at / 1_000);
      bytes.set(labels, newest.bytes);
    }
  };
}

/** By when each work has to have ended well is there from the first upkeep on, also where none ever did. */
function createRepositorySeries(registry: Registry): (all: readonly RepositoryTold[]) => void {
  const registers = [registry];
  const damaged = new Gauge({
    name: 'paramedic_backup_repository_check_failed',
    help: '1 while what the last checks of a repository have found broken was not found whole again.',
    labelNames: ['repository'] as const,
    registers,
  });
  const labels = ['repository', 'work'] as const;
  const goodAt = new Gauge({
    name: 'paramedic_backup_repository_work_timestamp_seconds',
    help: 'When a check, prune or copy of a repository last ended well.',
    labelNames: labels,
    registers,
  });
  const dueAt = new Gauge({
    name: 'paramedic_backup_repository_work_due_timestamp_seconds',
    help: 'When the first one was due since a check, prune or copy of a repository last ended well.',
    labelNames: labels,
    registers,
  });
  return (all) => {
    for (const one of [damaged, goodAt, dueAt]) one.reset();
    for (const { name: repository, works } of all)
      for (const { work, goodAt: good, dueAt: due, damage } of works) {
        if (work === 'check') damaged.set({ repository }, damage === undefined ? 0 : 1);
        if (good !== undefined) goodAt.set({ repository, work }, good / 1_000);
        if (due !== undefined) dueAt.set({ repository, work }, due / 1_000);
      }
  };
}
