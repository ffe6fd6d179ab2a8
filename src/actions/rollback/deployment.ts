import { z } from 'zod';
import { defineAction, type PlanInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Target } from '../../domain/target.ts';
import type { LabelSelector, PodTemplate, ReplicaSet } from '../../domain/kubernetes.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { mayNotWrite } from '../../kubernetes/refusals.ts';
import { type History, historyOf, isHistory, type Revision } from '../../kubernetes/revisions.ts';
import { selectorText } from '../../kubernetes/selector-text.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { templateHash, templatePatch } from '../../kubernetes/template-diff.ts';
import { templateWords } from '../../kubernetes/template-words.ts';
import { writerOf } from '../../kubernetes/writers.ts';
import { noParams } from '../no-params.ts';
import {
  look,
  on,
  phraseOf,
  pin,
  pinnedWorkload,
  reversionMs,
  settledBy,
  takenBackBy,
  writeMs,
} from '../pinned-workload.ts';
import { waysBack } from './ways-back.ts';

/** How often the template is read anew when something else was written meanwhile: a status, mostly. */
const tries = 5;

/**
 * One version of the template, and where it is kept. Not what is in it: journals hold no value of an environment
 * variable. The hash tells that what is kept there is still what was planned.
 */
const version = z.strictObject({
  revision: z.number().int(),
  replicaSet: z.strictObject({ name: z.string(), uid: z.string() }),
  hash: z.string().regex(/^[0-9a-f]{32}$/),
});
type Version = z.infer<typeof version>;
const change = z.strictObject({
  ...pinnedWorkload,
  /** What is gone back to. */
  to: version,
  /** What is left, and no other. */
  from: version,
});
type Change = z.infer<typeof change>;

const replicaSetsOf = (
  selector: LabelSelector,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  clients: Clients,
  signal?: AbortSignal,
): Promise<readonly ReplicaSet[]> => {
  const where = { namespace, labelSelector: selectorText(selector) };
  return kubernetesCluster(cluster, clients).list('replicasets.apps', where, signal);
};

/** Undefined: the Deployment is gone, or another one has its name. */
async function observe(target: Target, clients: Clients): Promise<History | undefined> {
  const { cluster, namespace, name } = parseKubernetesKey(target.key);
  const deployment = await kubernetesCluster(cluster, clients).get('deployments.apps', { namespace, name });
  if (deployment === undefined || deployment.metadata.uid !== target.uid) return undefined;
  return historyOf(deployment, await replicaSetsOf(deployment.spec.selector, { cluster, namespace }, clients));
}

const pinVersion = ({ number: revision, replicaSet, template }: Revision): Version => ({
  revision,
  replicaSet,
  hash: templateHash(template),
});

function planFor(target: Target, state: WorkloadState, current: Revision, good: Revision): Plan<Change> {
  const { images, otherImages, rest } = templateWords(current.template, good.template);
  const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);
  const other = rest === '' ? '' : `, which differs in ${rest}`;
  const from = `revision ${current.number}${inBrackets(otherImages)}`;
  return {
    summary: `roll ${phraseOf(state)} back to revision ${good.number}${inBrackets(images)}, from ${from}${other}`,
    touches: [target.key],
    change: { ...pin(state), to: pinVersion(good), from: pinVersion(current) },
    ownTimeMs: writeMs,
    watchMs: reversionMs,
    undo: `put the template of ${phraseOf(state)} back to ${from}, if nobody has changed it by then`,
  };
}

function plan({ target, state, extra }: PlanInput<undefined, WorkloadState>): readonly Plan<Change>[] | Verdict {
  const refusal = mayNotWrite(state, 'template');
  if (refusal !== undefined) return refusal;
  const about = `${phraseOf(state)} is not rolled back`;
  if (!isHistory(extra)) return no(`${about}: it is gone, or another one has its name`);
  const way = waysBack(state, extra);
  if ('ok' in way) return { ...way, reason: `${about}: ${way.reason}` };
  return way.better.map((good) => planFor(target, state, way.current, good));
}

interface Way {
  readonly from: Version;
  readonly to: Version;
}

/** The template of that version, as its ReplicaSet has it. Throws ActionError when it is not there any more. */
async function templateAt(
  { revision, replicaSet: { name, uid }, hash }: Version,
  selector: LabelSelector,
  pinned: Change,
  clients: Clients,
  signal: AbortSignal,
): Promise<PodTemplate> {
  const all = await replicaSetsOf(selector, pinned, clients, signal);
  const found = all.find(({ metadata, spec }) => metadata.uid === uid && templateHash(spec.template) === hash);
  if (found !== undefined) return found.spec.template;
  throw new ActionError(
    `ReplicaSet ${name}, which kept revision ${revision} of ${phraseOf(pinned)}, is gone by now, or keeps another template`,
    'not-found',
    false,
  );
}

/**
 * Goes one way, from the template it was made for and no other. Whoever writes the status meanwhile makes a new version
 * of the object, so that is read anew; whoever writes the template has the last word, and is told in the answer.
 */
async function go(
  pinned: Change,
  { from, to }: Way,
  clients: Clients,
  signal: AbortSignal,
): Promise<string | undefined> {
  const client = kubernetesCluster(pinned.cluster, clients);
  for (let left = tries; ; left -= 1) {
    const { metadata, spec } = await look(pinned, clients, signal);
    const there = templateHash(spec.template);
    if (there === to.hash) return undefined;
    if (there !== from.hash)
      return writerOf(metadata.managedFields, ['spec', 'template'])?.manager ?? 'somebody who left no name';
    const patch = templatePatch(spec.template, await templateAt(to, spec.selector, pinned, clients, signal));
    try {
      const tests = [
        { op: 'test', path: '/metadata/uid', value: pinned.uid },
        { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
      ] as const;
      await client.patch('deployments.apps', pinned, { json: [...tests, ...patch] }, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof ActionError) || error.reason !== 'conflict' || left <= 1) throw error;
    }
  }
}

/** Brings the template back that an earlier revision, which is seen to work at this moment, has. */
export const rollbackDeployment = defineAction<undefined, WorkloadState, Change>({
  verb: 'rollback',
  on: 'deployment',
  role: 'fix',
  risk: 'low',
  permissions: [
    on('deployment', 'get', 'patch'),
    { platform: 'kubernetes', resource: 'replicasets.apps', verbs: ['list'] },
  ],
  params: noParams,
  change,
  observe,
  plan,
  apply: async (pinned, clients, signal) => {
    const other = await go(pinned, pinned, clients, signal);
    if (other === undefined) return;
    throw new ActionError(
      `somebody changed the template of ${phraseOf(pinned)} meanwhile (${other}): it is not rolled back to revision ${pinned.to.revision}`,
      'conflict',
      false,
    );
  },
  settled: (pinned, clients) =>
    settledBy(pinned, clients, ({ spec }) => templateHash(spec.template) === pinned.to.hash),
  undo: async (pinned, clients, signal) => {
    const { cluster, uid, from, to } = pinned;
    const there = await kubernetesCluster(cluster, clients).get('deployments.apps', pinned, signal);
    if (there?.metadata.uid !== uid) return;
    // A third template is somebody's later decision: nothing of ours is left to take back.
    await go(pinned, { from: to, to: from }, clients, signal);
  },
  verify: ({ before, state, change: { to } }) => {
    const called = `revision ${to.revision} of ${phraseOf(state)}`;
    if (state.templateHash === to.hash) return yes(`${called} is its template again`);
    const by = takenBackBy(state.templateWriter, state.owners, (before.templateWriter?.at ?? 0) + 1_000);
    return { ...no(`the roll-back to ${called} was taken back by ${by}`), certain: true };
  },
});
