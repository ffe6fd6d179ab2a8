import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Action, defineAction, type PlanInput } from '../domain/action.ts';
import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { CronJob, Job } from '../domain/kubernetes.ts';
import type { KubernetesClient, NewJob, Resource, Resources } from '../domain/kubernetes-client.ts';
import type { Plan } from '../domain/plan.ts';
import type { Target, TargetKind } from '../domain/target.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import { jobEnv, withEnv } from '../kubernetes/job-env.ts';
import { jobRun } from '../kubernetes/job-state.ts';
import { kubernetesKey, parseKubernetesKey } from '../kubernetes/key.ts';
import { copiedSpec, jobName, runFor } from '../kubernetes/new-job.ts';
import { sha256Of } from '../kubernetes/template-diff.ts';
import { lookAtSource, makeOnce, pinnedJob, pinnedSource } from './new-job.ts';

/** How soon it is looked at again while a run for the same target is not done, ms. */
const lookAgainMs = 30_000;
/** One write to the API: whether it came about shows at once, ms. */
const writeMs = 5_000;
/** How long a Job is kept after its end where its template does not say, s. */
const keptS = 86_400;
/** How long it may run where its template does not say, s: one whose pods can not be made would never end. */
const mayRunS = 3_600;

const named =
  "has to be the name of a CronJob in the target's namespace, such as clean-volume, or with its own, such as tools/clean-volume";
const params = z.strictObject({
  cronjob: z
    .string({ error: () => named })
    .regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-.a-z0-9]{0,50}[a-z0-9])?$/, named),
});
type Params = z.infer<typeof params>;

/** The very CronJob, the Job to be made of its template, and what that one is told. */
const change = z.strictObject({
  ...pinnedJob,
  source: z.strictObject({ kind: z.literal('cronjob'), ...pinnedSource }),
  /** As `jobEnv` makes them: no other variable of the Job can be set by what comes back from the store. */
  env: z
    .array(
      z.strictObject({
        name: z.string().regex(/^(PARAMEDIC_TARGET(_NAMESPACE|_NAME)?|ALERT_[A-Z0-9_]*)$/),
        value: z.string(),
      }),
    )
    .readonly(),
});
type Change = z.infer<typeof change>;

interface Extra {
  readonly cronjobs: readonly CronJob[];
  /** The Jobs that were started for the target. */
  readonly runs: readonly Job[];
}

const isExtra = (seen: unknown): seen is Extra =>
  typeof seen === 'object' && seen !== null && 'cronjobs' in seen && 'runs' in seen;

/** Of the whole cluster, or of the target's own namespace where the rights end there. */
async function listWidely<R extends Resource>(
  api: KubernetesClient,
  resource: R,
  namespace: string,
  labelSelector?: string,
): Promise<readonly Resources[R][]> {
  const options = labelSelector === undefined ? {} : { labelSelector };
  try {
    return await api.list(resource, { namespace: '', ...options });
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason !== 'forbidden' || namespace === '') throw error;
    return api.list(resource, { namespace, ...options });
  }
}

async function observe(target: Target, clients: Clients): Promise<Extra> {
  const { cluster, namespace } = parseKubernetesKey(target.key);
  const api = kubernetesCluster(cluster, clients);
  // What the step's parameters name is not known here.
  const cronjobs = await listWidely(api, 'cronjobs.batch', namespace);
  return { cronjobs, runs: await listWidely(api, 'jobs.batch', namespace, `${runFor}=${target.uid ?? 'none'}`) };
}

function plan<State>(
  kindOfTarget: TargetKind<State>,
  input: PlanInput<Params, State>,
): readonly Plan<Change>[] | Verdict {
  const { target, state, params: given, labels, now } = input;
  const { cronjobs, runs } = isExtra(input.extra) ? input.extra : { cronjobs: [], runs: [] };
  const place = parseKubernetesKey(target.key);
  const { cluster, kind } = place;
  const on = `${kind} ${place.namespace === '' ? '' : `${place.namespace}/`}${place.name}`;
  const wrong = kindOfTarget.symptoms(state).join('; ');
  const looks = wrong === '' ? `${on} itself looks well` : `wrong with ${on}: ${wrong}`;
  const not = (because: string, retryAfterMs?: number): Verdict =>
    no(`no job is run for ${on}: ${because}; ${looks}`, retryAfterMs);
  if (target.uid === undefined) return not('its uid is not known');
  if (!given.cronjob.includes('/') && place.namespace === '')
    return not(`a ${kind} is in no namespace, and the step does not say in which one CronJob ${given.cronjob} is`);
  const cronjob = given.cronjob.includes('/') ? given.cronjob : `${place.namespace}/${given.cronjob}`;
  const template = cronjobs.find(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}` === cronjob);
  if (template === undefined)
    return not(`cluster ${cluster} has no CronJob ${cronjob} to take it from, or we may not see it`);
  const going = runs.map(jobRun).find(({ phase }) => phase === 'running' || phase === 'suspended');
  if (going !== undefined) return not(`${going.name}, which was started for it before, is not done yet`, lookAgainMs);

  const { metadata } = template;
  const ending = createHash('sha256').update(`${target.uid} ${now}`).digest('hex').slice(0, 10);
  const job = {
    name: jobName(metadata.name, `-${ending}`),
    labels: { ...template.spec.jobTemplate.metadata?.labels, [runFor]: target.uid },
    annotations: { 'paramedic.dev/target': target.key, 'paramedic.dev/cronjob': cronjob },
  };
  const env = jobEnv(place, labels);
  const at = { cluster, namespace: metadata.namespace ?? '' };
  const images = [...new Set(template.spec.jobTemplate.spec.template.spec.containers.map(({ image }) => image ?? '?'))];
  return [
    {
      summary: `run-job ${on}: the job template of cronjob ${cronjob} (${images.join(', ')}) as job ${at.namespace}/${job.name}, with ${Object.keys(labels).length} alert labels in its environment; ${looks}`,
      touches: [target.key, kubernetesKey({ ...at, kind: 'job', name: job.name })],
      change: {
        ...at,
        source: { kind: 'cronjob', name: metadata.name, uid: metadata.uid },
        job,
        env,
        digest: sha256Of(jobFrom(template, { job, env })),
      },
      ownTimeMs: writeMs,
    },
  ];
}

/** The Job, whole, as it is sent: what its CronJob is to run, under our name, and told of the target and the alert. */
function jobFrom({ spec: { jobTemplate } }: CronJob, { job, env }: Pick<Change, 'job' | 'env'>): NewJob {
  const { metadata, spec } = jobTemplate;
  return {
    metadata: { ...job, annotations: { ...metadata?.annotations, ...job.annotations } },
    spec: {
      // Its CronJob does not own it: the history limits would remove it, and a Job that is gone would be made again.
      ttlSecondsAfterFinished: keptS,
      activeDeadlineSeconds: mayRunS,
      ...copiedSpec({ ...spec, template: withEnv(spec.template, env) }),
    },
  };
}

const isOurs = ({ metadata }: Job, { job }: Change): boolean => metadata.labels?.[runFor] === job.labels[runFor];

async function apply(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const { cluster, namespace, job } = pinned;
  const api = kubernetesCluster(cluster, clients);
  const there = await api.get('jobs.batch', { namespace, name: job.name }, signal);
  if (there !== undefined) {
    if (isOurs(there, pinned)) return;
    throw new ActionError(`job ${namespace}/${job.name} is there already, and not ours`, 'conflict', false);
  }
  const template = await lookAtSource(api, 'cronjobs.batch', pinned, signal);
  await makeOnce(api, pinned, jobFrom(template, pinned), signal);
}

async function settled(pinned: Change, clients: Clients): Promise<'done' | 'not-done' | 'unknown'> {
  const { cluster, namespace, job } = pinned;
  try {
    const there = await kubernetesCluster(cluster, clients).get('jobs.batch', { namespace, name: job.name });
    return there !== undefined && isOurs(there, pinned) ? 'done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/** Runs a user's own Job for a target of that kind. */
export const runJobOn = <State>(kind: TargetKind<State>): Action =>
  defineAction<Params, State, Change>({
    verb: 'run-job',
    on: kind.kind,
    role: 'fix',
    risk: 'high',
    permissions: [
      { platform: 'kubernetes', resource: 'cronjobs.batch', verbs: ['get', 'list'] },
      { platform: 'kubernetes', resource: 'jobs.batch', verbs: ['get', 'list', 'create'] },
    ],
    params,
    change,
    observe,
    plan: (input) => plan(kind, input),
    apply,
    settled,
    // Whether it helped, the target tells: what a Job does is not known here, and its end is not in the target's state.
    verify: ({ change: { namespace, job } }) => yes(`job ${namespace}/${job.name} has been started`),
  });
