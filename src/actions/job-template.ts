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
import { makeOnce, newJob, pinnedPlace } from './new-job.ts';

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

/** Where the Job is going to be, and the Job, whole, as it is sent. */
const change = z.strictObject({ ...pinnedPlace, job: newJob });
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

  const job = jobOf(template, input, target.uid);
  const at = { cluster, namespace: template.metadata.namespace ?? '', name: job.metadata.name };
  const images = [...new Set(template.spec.jobTemplate.spec.template.spec.containers.map(({ image }) => image ?? '?'))];
  return [
    {
      summary: `run-job ${on}: the job template of cronjob ${cronjob} (${images.join(', ')}) as job ${at.namespace}/${at.name}, with ${Object.keys(labels).length} alert labels in its environment; ${looks}`,
      touches: [target.key, kubernetesKey({ ...at, kind: 'job' })],
      change: { ...at, job },
      ownTimeMs: writeMs,
    },
  ];

  function jobOf({ metadata, spec }: CronJob, { target: { key } }: PlanInput<Params, State>, uid: string): NewJob {
    const { metadata: meta, spec: jobSpec } = spec.jobTemplate;
    const ending = createHash('sha256').update(`${uid} ${now}`).digest('hex').slice(0, 10);
    const copy = copiedSpec({ ...jobSpec, template: withEnv(jobSpec.template, jobEnv(place, labels)) });
    return {
      metadata: {
        name: jobName(metadata.name, `-${ending}`),
        labels: { ...meta?.labels, [runFor]: uid },
        annotations: { ...meta?.annotations, 'paramedic.dev/target': key, 'paramedic.dev/cronjob': cronjob },
      },
      // Its CronJob does not own it: the history limits would remove it, and a Job that is gone would be made again.
      spec: { ttlSecondsAfterFinished: keptS, activeDeadlineSeconds: mayRunS, ...copy },
    };
  }
}

async function apply({ cluster, namespace, name, job }: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const api = kubernetesCluster(cluster, clients);
  const there = await api.get('jobs.batch', { namespace, name }, signal);
  if (there !== undefined) {
    if (there.metadata.labels?.[runFor] === job.metadata.labels?.[runFor]) return;
    throw new ActionError(`job ${namespace}/${name} is there already, and not ours`, 'conflict', false);
  }
  await makeOnce(api, namespace, job, signal);
}

async function settled(
  { cluster, namespace, name, job }: Change,
  clients: Clients,
): Promise<'done' | 'not-done' | 'unknown'> {
  try {
    const there = await kubernetesCluster(cluster, clients).get('jobs.batch', { namespace, name });
    return there !== undefined && there.metadata.labels?.[runFor] === job.metadata.labels?.[runFor]
      ? 'done'
      : 'not-done';
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
      { platform: 'kubernetes', resource: 'cronjobs.batch', verbs: ['list'] },
      { platform: 'kubernetes', resource: 'jobs.batch', verbs: ['get', 'list', 'create'] },
    ],
    params,
    change,
    observe,
    plan: (input) => plan(kind, input),
    apply,
    settled,
    // Whether it helped, the target tells: what a Job does is not known here, and its end is not in the target's state.
    verify: ({ change: { namespace, name } }) => yes(`job ${namespace}/${name} has been started`),
  });
