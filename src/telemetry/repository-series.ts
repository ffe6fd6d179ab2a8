import { Gauge, type Registry } from 'prom-client';

/** What is told of one repository of backups. Times in ms since the epoch. */
export interface RepositoryTold {
  readonly name: string;
  readonly works: readonly {
    readonly work: string;
    readonly goodAt?: number;
    readonly dueAt?: number;
    readonly damage?: unknown;
  }[];
}

/**
 * By when each work has to have ended well is there from the first read on, also where none ever did. `collect`: resolves
 * when all of it was told.
 */
export function createRepositorySeries(
  registry: Registry,
  collect: () => Promise<void>,
): (all: readonly RepositoryTold[]) => void {
  const registers = [registry];
  const damaged = new Gauge({
    name: 'paramedic_backup_repository_check_failed',
    help: '1 while what the last checks of a repository have found broken was not found whole again.',
    labelNames: ['repository'] as const,
    registers,
    collect,
  });
  const labels = ['repository', 'work'] as const;
  const goodAt = new Gauge({
    name: 'paramedic_backup_repository_work_timestamp_seconds',
    help: 'When a check, prune or copy of a repository last ended well.',
    labelNames: labels,
    registers,
    collect,
  });
  const dueAt = new Gauge({
    name: 'paramedic_backup_repository_work_due_timestamp_seconds',
    help: 'When the first one was due since a check, prune or copy of a repository last ended well.',
    labelNames: labels,
    registers,
    collect,
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
