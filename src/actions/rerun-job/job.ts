import { z } from 'zod';
import { defineAction, type PlanInput, type Verified } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { formatDuration } from '../../domain/duration.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Job } from '../../domain/kubernetes.ts';
import type { NewJob } from '../../domain/kubernetes-client.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { controllerOf } from '../../kubernetes/controller-of.ts';
import { markOf, modeAnnotation } from '../../kubernetes/hands-off.ts';
import { concurrencyOf, forgets, siblingsOf } from '../../kubernetes/job-siblings.ts';
import type { JobState } from '../../kubernetes/job-state.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { copiedLabels, copiedSpec, jobName, rerunOf } from '../../kubernetes/new-job.ts';
import { sha256Of } from '../../kubernetes/template-diff.ts';
import { lookAtSource, makeOnce, pinnedJob, pinnedSource } from '../new-job.ts';

/** How soon it is looked at again when something else is at it already, ms. */
const lookAgainMs = 30_000;
/** One write to the API: whether it came about shows at once, ms. */
const writeMs = 5_000;
/** What failed longer ago was looked at, or is not wanted any more: its alert goes on for as long as the Job is there, ms. */
const freshMs = 60 * 60_000;

const params = z
  .strictObject({ even_without_retries: z.boolean().optional() })
  .nullish()
  .transform((given) => ({ evenWithoutRetries: given?.even_without_retries ?? false }));
type Params = z.infer<typeof params>;

/** The very Job that failed, and the one to be made of it. */
const change = z.strictObject({
  ...pinnedJob,
  source: z.strictObject({ kind: z.literal('job'), ...pinnedSource }),
});
type Change = z.infer<typeof change>;

const extra = z
  .strictObject({
    /** One of the same CronJob that is not done, and one that began later and has completed. */
    running: z.string().exactOptional(),
    laterComplete: z.string().exactOptional(),
    cronjob: z
      .strictObject({
        name: z.string(),
        concurrency: z.string(),
        suspended: z.boolean(),
        /** What its annotation `paramedic.dev/mode` says when that is not `act`: its Jobs do not inherit it. */
        mode: z.string().exactOptional(),
      })
      .exactOptional(),
    /** Absent: the Job is gone, or another one has its name. */
    rerun: z.strictObject({ job: pinnedJob.job, digest: pinnedJob.digest }).exactOptional(),
  })
  .default({});
type Extra = z.infer<typeof extra>;

/** The one whose work it does once more gives it all but its name, labels and owner. */
const rerunFrom = ({ spec }: Job, metadata: Change['job']): NewJob => ({ metadata, spec: copiedSpec(spec) });

/** The Job to be made, and what the other Jobs of its CronJob say about it. */
async function observe(target: Target, clients: Clients): Promise<Extra> {
  const { cluster, namespace, name } = parseKubernetesKey(target.key);
  const api = kubernetesCluster(cluster, clients);
  const job = await api.get('jobs.batch', { namespace, name });
  if (job === undefined || job.metadata.uid !== target.uid) return {};
  const { uid, labels, ownerReferences = [] } = job.metadata;
  const controller = controllerOf(job.metadata);
  const cronjob =
    controller?.kind === 'CronJob' ? await api.get('cronjobs.batch', { namespace, name: controller.name }) : undefined;
  const siblings =
    cronjob === undefined ? {} : siblingsOf(job, controller, await api.list('jobs.batch', { namespace }));
  const controls = cronjob === undefined || !forgets(cronjob);
  const rerun = {
    name: jobName(name, `-rerun-${uid.slice(0, 8)}`),
    labels: { ...copiedLabels(labels), [rerunOf]: uid },
    // The history limits of its CronJob count it as they count the others.
    ownerReferences: ownerReferences.map((owner) => ({
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.name,
      uid: owner.uid,
      ...(owner.controller === true && { controller: controls }),
    })),
  };
  return {
    ...siblings,
    ...(cronjob && {
      cronjob: {
        name: cronjob.metadata.name,
        concurrency: concurrencyOf(cronjob),
        suspended: cronjob.spec.suspend === true,
        ...markOf(cronjob.metadata),
      },
    }),
    rerun: { job: rerun, digest: sha256Of(rerunFrom(job, rerun)) },
  };
}

/** Why it is not run again; undefined: it may be. */
function nothingToDo(state: JobState, read: Extra, given: Params, now: number): Verdict | undefined {
  const { running, laterComplete } = read;
  const { namespace, name, phase, rerun, owners, madeBy, present, troubles } = state;
  const not = (because: string, retryAfterMs?: number): Verdict =>
    no(`job ${namespace}/${name} is not run again: ${because}`, retryAfterMs);
  const operator = owners.find(({ manager }) => manager === 'operator');
  if (rerun?.phase === 'complete') return not(`its rerun ${rerun.name} has completed`);
  if (rerun?.phase === 'failed')
    return not(`it was already, once and only once, and its rerun ${rerun.name} failed too (${rerun.reason})`);
  if (rerun !== undefined) return not(`its rerun ${rerun.name} is not done yet`, lookAgainMs);
  if (!present) return not('it is gone');
  if (phase === 'complete') return not('it has completed');
  if (phase === 'suspended') return not('it is suspended; resume it by hand: kubectl patch job, spec.suspend: false');
  if (phase === 'running') return not(['it has not failed, it is still running', ...troubles].join('; '), lookAgainMs);
  if (madeBy === 'rerun-job') return not('it is itself the rerun of a Job that failed, and once is enough');
  if (madeBy === 'run-job') return not('run-job started it for a target of its own, which is looked after by itself');
  if (operator) return not(`it belongs to ${operator.name}: ${operator.advice}`);
  const ruledOut = ruledOutBecause(state, read, given, now);
  if (ruledOut !== undefined) return not(ruledOut);
  if (running !== undefined) return not(`${running}, another run of the same CronJob, is not done yet`, lookAgainMs);
  if (laterComplete !== undefined) return not(`${laterComplete}, a later run of the same CronJob, has completed since`);
  return undefined;
}

/** Why nobody may have its work done twice, or this late; undefined: he may. */
function ruledOutBecause(
  { hook, noRetry, endedAt }: JobState,
  { cronjob }: Extra,
  { evenWithoutRetries }: Params,
  now: number,
): string | undefined {
  // Whoever stopped the CronJob meant its work, and Kubernetes lets no run of it begin either.
  if (cronjob?.mode !== undefined)
    return `its cronjob ${cronjob.name} says hands off (its annotation ${modeAnnotation} is ${cronjob.mode === '' ? 'empty' : cronjob.mode})`;
  if (cronjob?.suspended === true) return `its cronjob ${cronjob.name} is suspended, and so is its work`;
  if (hook !== '') return `it is a step of a release (annotation ${hook}): repeat the release instead`;
  if (endedAt === 0) return 'nothing tells when it failed';
  if (now - endedAt > freshMs) {
    const ago = formatDuration(Math.floor((now - endedAt) / 60_000) * 60_000);
    return `it failed ${ago} ago, and after ${formatDuration(freshMs)} its work may not be wanted any more; run it by hand if it is`;
  }
  if (cronjob !== undefined && cronjob.concurrency !== 'Allow')
    return (
      `cronjob ${cronjob.name} has concurrencyPolicy: ${cronjob.concurrency}, and would not know of it when its next run is due; ` +
      `by hand, when none is near: kubectl create job --from=cronjob/${cronjob.name}`
    );
  if (noRetry !== '' && !evenWithoutRetries)
    return `its author says that it is not to be tried again (${noRetry}); where it may be: rerun-job: {even_without_retries: true}`;
  return undefined;
}

function plan(input: PlanInput<Params, JobState>): readonly Plan<Change>[] | Verdict {
  const { target, state } = input;
  const read = extra.parse(input.extra);
  const because = nothingToDo(state, read, input.params, input.now);
  if (because !== undefined) return because;
  const { cluster, namespace, name, uid, reason } = state;
  if (read.rerun === undefined) return no(`job ${namespace}/${name} is not run again: it is gone`);
  const { rerun } = read;
  return [
    {
      summary: `rerun-job job ${namespace}/${name} (failed${reason === '' ? '' : `, ${reason}`}): its work once more, as job ${rerun.job.name}`,
      touches: [target.key],
      change: { cluster, namespace, source: { kind: 'job', name, uid }, ...rerun },
      ownTimeMs: writeMs,
    },
  ];
}

async function apply(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const { cluster, namespace, source, job: rerun } = pinned;
  const api = kubernetesCluster(cluster, clients);
  const there = await api.get('jobs.batch', { namespace, name: rerun.name }, signal);
  if (there !== undefined) {
    if (there.metadata.labels?.[rerunOf] === source.uid) return;
    const taken = `job ${namespace}/${rerun.name} is another one, so ${source.name} cannot be run again under that name`;
    throw new ActionError(taken, 'conflict', false);
  }
  const failed = await lookAtSource(api, 'jobs.batch', pinned, signal);
  await makeOnce(api, pinned, rerunFrom(failed, rerun), signal);
}

async function settled(
  { cluster, namespace, source, job }: Change,
  clients: Clients,
): Promise<'done' | 'not-done' | 'unknown'> {
  try {
    const there = await kubernetesCluster(cluster, clients).get('jobs.batch', { namespace, name: job.name });
    return there?.metadata.labels?.[rerunOf] === source.uid ? 'done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

function verify({ state: { rerun }, change: pinned }: { state: JobState; change: Change }): Verified {
  const { name } = pinned.job;
  if (rerun === undefined) return no(`rerun ${name} has not begun yet`);
  if (rerun.phase === 'complete') return yes(`rerun ${name} has completed`);
  if (rerun.phase === 'failed') return { ...no(`rerun ${name} failed too (${rerun.reason})`), certain: true };
  return no(rerun.phase === 'suspended' ? `rerun ${name} is suspended` : `rerun ${name} is still running`);
}

/** Makes a copy of a Job that failed, once and only once. */
export const rerunJob = defineAction<Params, JobState, Change>({
  verb: 'rerun-job',
  on: 'job',
  role: 'fix',
  risk: 'low',
  permissions: [
    { platform: 'kubernetes', resource: 'jobs.batch', verbs: ['get', 'list', 'create'] },
    { platform: 'kubernetes', resource: 'cronjobs.batch', verbs: ['get'] },
  ],
  params,
  change,
  observe,
  plan,
  apply,
  settled,
  verify,
});
