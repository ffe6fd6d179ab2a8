import type { CronJob, Job, OwnerReference } from '../domain/kubernetes.ts';
import { jobRun } from './job-state.ts';

/** What the other Jobs of the same CronJob say about running this one again. */
export interface Siblings {
  /** One that is not done: two runs at once may be what its CronJob forbids. */
  readonly running?: string;
  /** One that began later and has completed. */
  readonly laterComplete?: string;
}

export function siblingsOf(job: Job, controller: OwnerReference | undefined, jobs: readonly Job[]): Siblings {
  if (controller === undefined) return {};
  const begun = Date.parse(job.metadata.creationTimestamp ?? '');
  const others = jobs.filter(
    ({ metadata }) =>
      metadata.uid !== job.metadata.uid && metadata.ownerReferences?.some(({ uid }) => uid === controller.uid),
  );
  const name = (phase: string, some: readonly Job[]): string | undefined =>
    some.map(jobRun).find((run) => run.phase === phase)?.name;
  const running = name('running', others);
  const laterComplete = name(
    'complete',
    others.filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') > begun),
  );
  return { ...(running !== undefined && { running }), ...(laterComplete !== undefined && { laterComplete }) };
}

/** With a history of 0 a CronJob's controller removes a Job the moment it is done, before anybody has seen how it ended. */
export const forgets = ({ spec }: CronJob): boolean =>
  ('successfulJobsHistoryLimit' in spec && spec.successfulJobsHistoryLimit === 0) ||
  ('failedJobsHistoryLimit' in spec && spec.failedJobsHistoryLimit === 0);

/** What its controller does when a run is due and another one is not done: `Allow` starts it beside that one. */
export const concurrencyOf = ({ spec }: CronJob): string =>
  'concurrencyPolicy' in spec && typeof spec.concurrencyPolicy === 'string' ? spec.concurrencyPolicy : 'Allow';
