import type { CronJob, Job } from '../../domain/kubernetes.ts';
import { markOf } from '../../kubernetes/hands-off.ts';
import { type JobRun, jobRun } from '../../kubernetes/job-state.ts';

/** Small: it is kept in journals. */
export interface CronJobState {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly schedule: string;
  readonly suspended: boolean;
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  /** How many of its runs are not done. */
  readonly running: number;
  /** Of those of its runs that are done and still there, the one that began last. */
  readonly last?: JobRun;
}

/** The Jobs of one owner, by its uid, newest first; those that were never started come first. */
export const runsOf = (uid: string, jobs: readonly Job[]): readonly JobRun[] =>
  jobs
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .map(jobRun)
    .toSorted((a, b) => (b.startedAt || Infinity) - (a.startedAt || Infinity) || a.name.localeCompare(b.name));

export function cronJobState(cluster: string, { metadata, spec }: CronJob, jobs: readonly Job[]): CronJobState {
  const runs = runsOf(metadata.uid, jobs);
  const last = runs.find(({ phase }) => phase === 'complete' || phase === 'failed');
  return {
    cluster,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    schedule: spec.schedule,
    suspended: spec.suspend === true,
    ...markOf(metadata),
    running: runs.filter(({ phase }) => phase === 'running').length,
    ...(last && { last }),
  };
}

export const symptoms = ({ suspended, last }: CronJobState): readonly string[] => [
  ...(suspended ? ['it is suspended and starts no runs'] : []),
  ...(last?.phase === 'failed'
    ? [`its last run ${last.name} failed${last.reason === '' ? '' : ` (${last.reason})`}`]
    : []),
];
