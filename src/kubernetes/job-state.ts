import type { Condition, Job } from '../domain/kubernetes.ts';
import { markOf } from './hands-off.ts';
import { hookOf, madeBy, type MadeBy } from './new-job.ts';
import type { Owner } from './state.ts';
import { timeOf } from './time.ts';

/** One Job as far as we judge it. Small: it is kept in journals. */
export interface JobRun {
  readonly name: string;
  readonly uid: string;
  readonly phase: 'suspended' | 'running' | 'complete' | 'failed';
  /** Why it failed, in Kubernetes' own words: `BackoffLimitExceeded: Job has reached the specified backoff limit`. */
  readonly reason: string;
  /** ms since the epoch; 0: it has not. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface JobState extends JobRun {
  readonly cluster: string;
  readonly namespace: string;
  /** False: it was deleted, by its history limit or its time to live, and only its rerun is left to tell. */
  readonly present: boolean;
  readonly owners: readonly Owner[];
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  readonly madeBy: MadeBy;
  /** The annotation that makes it a step of a release, `helm.sh/hook`; empty: it is none. */
  readonly hook: string;
  /** Where its author says that what fails is not tried again, `backoffLimit: 0`; empty: nowhere. */
  readonly noRetry: string;
  /** The Job that was made to do its work once more. */
  readonly rerun?: JobRun;
  /** While it runs: how long, ms. */
  readonly runningMs: number;
  /** `activeDeadlineSeconds`, in ms; 0: it has none. */
  readonly deadlineMs: number;
  /** While it runs, what is wrong with its pods: `pod nightly-x7k: container app cannot pull its image`; at most 5. */
  readonly troubles: readonly string[];
}

/** The time that Kubernetes needs to end a Job whose deadline has passed, ms. */
const graceMs = 60_000;
/** A Job without a deadline of its own that runs as long is taken for stuck, ms: kube-prometheus' KubeJobNotCompleted. */
const longMs = 12 * 60 * 60_000;

const isTrue = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((one) => one.type === type && one.status === 'True');

export function jobRun({ metadata: { name, uid }, spec, status }: Job): JobRun {
  const complete = isTrue(status?.conditions, 'Complete');
  const failed = isTrue(status?.conditions, 'Failed');
  const ended = complete ?? failed;
  return {
    name,
    uid,
    phase: complete ? 'complete' : failed ? 'failed' : spec.suspend === true ? 'suspended' : 'running',
    reason: failed ? [failed.reason, failed.message].filter(Boolean).join(': ') : '',
    startedAt: timeOf(status?.startTime),
    endedAt: ended ? timeOf(status?.completionTime ?? ended.lastTransitionTime) : 0,
  };
}

function noRetryOf({ spec }: Job, { reason }: JobRun): string {
  const limit = ['backoffLimit', 'backoffLimitPerIndex'].find((field) => spec[field] === 0);
  if (limit !== undefined) return `${limit}: 0`;
  // The reason of the condition when a rule of the policy has ended the Job, whatever retries were left.
  return reason.startsWith('PodFailurePolicy') ? 'podFailurePolicy' : '';
}

interface Read {
  readonly cluster: string;
  readonly owners: readonly Owner[];
  /** The Jobs that carry the label `rerun-of` with its uid. */
  readonly reruns: readonly Job[];
  readonly troubles: readonly string[];
  /** ms since the epoch */
  readonly now: number;
}

export function jobState(job: Job, { cluster, owners, reruns, troubles, now }: Read): JobState {
  const run = jobRun(job);
  const rerun = reruns.map(jobRun)[0];
  const deadline = job.spec['activeDeadlineSeconds'];
  return {
    ...run,
    cluster,
    namespace: job.metadata.namespace ?? '',
    present: true,
    owners,
    ...markOf(job.metadata),
    madeBy: madeBy(job.metadata),
    hook: hookOf(job.metadata),
    noRetry: noRetryOf(job, run),
    ...(rerun && { rerun }),
    runningMs: run.phase === 'running' && run.startedAt > 0 ? Math.max(0, now - run.startedAt) : 0,
    deadlineMs: typeof deadline === 'number' ? deadline * 1000 : 0,
    troubles: troubles.slice(0, 5),
  };
}

/** The Job itself was deleted after it had failed; what became of it, its rerun tells. */
export function deletedJobState(
  place: { cluster: string; namespace: string; name: string; uid: string },
  rerun: Job,
): JobState {
  return {
    ...place,
    phase: 'failed',
    reason: '',
    startedAt: 0,
    endedAt: 0,
    present: false,
    owners: [],
    madeBy: '',
    hook: '',
    noRetry: '',
    rerun: jobRun(rerun),
    runningMs: 0,
    deadlineMs: 0,
    troubles: [],
  };
}

const because = ({ reason }: JobRun): string => (reason === '' ? '' : ` (${reason})`);

/** One phrase for each thing that is wrong with it; none: it is well. A rerun that has completed makes up for a failure. */
export function jobSymptoms(state: JobState): readonly string[] {
  const { phase, rerun, runningMs, deadlineMs, troubles } = state;
  if (phase === 'complete') return [];
  if (phase === 'suspended') return ['it is suspended and does not run'];
  if (phase === 'failed') {
    if (rerun?.phase === 'complete') return [];
    const failed = `it has failed${because(state)}`;
    if (rerun === undefined) return [failed];
    return [
      rerun.phase === 'failed'
        ? `${failed}, and so has its rerun ${rerun.name}${because(rerun)}`
        : `${failed}; its rerun ${rerun.name} is not done yet`,
    ];
  }
  const late =
    deadlineMs > 0
      ? `it still runs past its activeDeadlineSeconds of ${deadlineMs / 1000}`
      : 'it has run for more than 12 h';
  return [...troubles, ...(runningMs > (deadlineMs > 0 ? deadlineMs + graceMs : longMs) ? [late] : [])];
}
