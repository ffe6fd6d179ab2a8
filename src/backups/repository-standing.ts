import type { BackupRepository } from '../domain/backup.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { CareRun, CareWork } from '../domain/repository-care.ts';
import { caresOf } from './begin-care.ts';
import { type NextRun, nextAt } from './begin-due.ts';
import { dueAfter } from './due.ts';
import { turnOf } from './turn-of.ts';

/** How things stand with one repository. Times in ms since the epoch. */
export interface RepositoryStanding {
  readonly name: string;
  /** What is done to it by itself. */
  readonly works: readonly WorkStanding[];
}

export interface WorkStanding {
  readonly work: CareWork;
  readonly next?: NextRun;
  /** When the last one that ended well did. */
  readonly goodAt?: number;
  /** By when one has to have ended well since; absent: its schedule was not looked at yet. */
  readonly dueAt?: number;
  /** The last one that has ended, and the one that goes on. */
  readonly last?: Pick<CareRun, 'id' | 'result' | 'reason' | 'endedAt'>;
  readonly running?: string;
  /** What a check has found, and what is still so as far as is known. */
  readonly damage?: { readonly at: number; readonly reason: string };
}

/** Rejects when the store does not answer. */
export async function standingOfRepository(
  repository: BackupRepository,
  store: Pick<BackupStore, 'care' | 'turn'>,
  now: number,
): Promise<RepositoryStanding> {
  const { name } = repository;
  const works: WorkStanding[] = [];
  for (const { work, schedule } of caresOf([repository])) {
    const care = await store.care(name, work);
    const { until } = await turnOf(store, work, name, schedule);
    const at = nextAt(schedule, name, until, now);
    const dueAt = care && dueAfter(schedule, name, care.goodAt ?? care.since);
    works.push({
      work,
      ...(at !== undefined && { next: { at, timeZone: schedule.timeZone } }),
      ...(care?.goodAt !== undefined && { goodAt: care.goodAt }),
      ...(dueAt !== undefined && { dueAt }),
      ...runOf(care?.run),
      ...(care?.damage && { damage: { at: care.damage.at, reason: care.damage.reason } }),
    });
  }
  return { name, works };
}

function runOf(run: CareRun | undefined): Pick<WorkStanding, 'last' | 'running'> {
  if (run === undefined) return {};
  const { id, state, result, reason, endedAt } = run;
  if (state !== 'ended') return { running: id };
  return {
    last: {
      id,
      ...(result !== undefined && { result }),
      ...(reason !== undefined && { reason }),
      ...(endedAt !== undefined && { endedAt }),
    },
  };
}
