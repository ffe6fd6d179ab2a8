import { z } from 'zod';
import { type Action, defineAction, type Risk, type Verified, type VerifyInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { PatchOperation } from '../../domain/kubernetes-client.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { mayNotWrite } from '../../kubernetes/refusals.ts';
import { serving } from '../../kubernetes/serving.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { isOurs } from '../../kubernetes/writers.ts';
import {
  look,
  on,
  phraseOf,
  pin,
  pinnedWorkload,
  reversionMs,
  settledBy,
  takenBackBy,
  type Workload,
  workloadResource,
  writeMs,
} from '../pinned-workload.ts';
import { autoscalerOf, permissions } from './autoscaler.ts';
import { type Params, params } from './params.ts';
import { readReplicaHistory, replicaHistory } from './replica-history.ts';
import { many } from './replicas.ts';
import { wanted } from './wanted.ts';

const replicas = z.number().int().nonnegative();
const change = z.strictObject({
  ...pinnedWorkload,
  kind: z.enum(['deployment', 'statefulset']),
  from: replicas,
  to: replicas,
});
type Change = z.infer<typeof change>;

/** The API fills in 1 where nothing is said. */
const replicasOf = ({ spec }: Workload): number => ('replicas' in spec ? (spec.replicas ?? 1) : 1);

/**
 * From one number to the other, as one act of the API: it does nothing unless the very workload still has `from`. Scale
 * leaves out a 0.
 */
const operations = ({ uid }: Change, from: number, to: number): readonly PatchOperation[] => [
  { op: 'test', path: '/metadata/uid', value: uid },
  { op: 'test', path: '/spec/replicas', value: from === 0 ? null : from },
  { op: 'add', path: '/spec/replicas', value: to },
];

async function write(pinned: Change, from: number, to: number, clients: Clients, signal: AbortSignal): Promise<void> {
  const place = { namespace: pinned.namespace, name: pinned.name, subresource: 'scale' } as const;
  const patch = { json: operations(pinned, from, to) };
  await kubernetesCluster(pinned.cluster, clients).patch(workloadResource[pinned.kind], place, patch, signal);
}

async function apply(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const refuseOther = (now: number): void => {
    if (now === pinned.from) return;
    const planned = `the plan was to go from ${pinned.from} to ${pinned.to}`;
    throw new ActionError(`${phraseOf(pinned)} has ${many(now)} by now; ${planned}`, 'conflict', false);
  };
  const now = replicasOf(await look(pinned, clients, signal));
  if (now === pinned.to) return;
  refuseOther(now);
  try {
    await write(pinned, pinned.from, pinned.to, clients, signal);
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason !== 'conflict') throw error;
    // Somebody was quicker; when he wrote the same number, all is as planned.
    const then = replicasOf(await look(pinned, clients, signal));
    if (then === pinned.to) return;
    refuseOther(then);
    throw error;
  }
}

/**
 * Only while it still has what we gave it: anything else is somebody's later wish. So is the same number when somebody
 * else has written it: a run that died before its write finds it there.
 */
async function undo(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const workload = await look(pinned, clients, signal);
  if (replicasOf(workload) !== pinned.to || !isOurs(workload.metadata, ['spec', 'replicas'])) return;
  try {
    await write(pinned, pinned.to, pinned.from, clients, signal);
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason !== 'conflict') throw error;
    if (replicasOf(await look(pinned, clients, signal)) === pinned.to) throw error;
  }
}

function verify({ before, state, change: pinned }: VerifyInput<WorkloadState, Change>): Verified {
  const what = phraseOf(pinned);
  const { from, to } = pinned;
  if (state.desired !== to) {
    if (state.resourceVersion === before.resourceVersion) return no(`${what} has not been scaled yet`);
    const who = takenBackBy(state.replicasWriter, state.owners);
    const how = state.desired === from ? `was taken back to ${from}` : `was changed to ${state.desired}`;
    return { ...no(`scaling ${what} to ${many(to)} ${how} by ${who}`), certain: true };
  }
  if (!state.observed) return no(`${what} is to have ${many(to)}, its controller has not looked yet`);
  if (to > from && state.available < to) return no(`${state.available} of ${to} pods of ${what} are available`);
  if (to < from && state.present > to) return no(`${what} still has ${state.present} pods, not ${to}`);
  return yes(`${what} has ${many(to)}`);
}

/**
 * A Deployment's pods that are not ready go first, as far as all of them are of one version; a StatefulSet's highest
 * ordinals, ready or not.
 */
function takesAway({ kind, from, to }: Change, state: WorkloadState): number {
  const { ready, present, updated } = state;
  if (to >= from) return 0;
  const sickGoFirst = kind === 'deployment' && updated >= present;
  return Math.min(serving(state), Math.max(0, (sickGoFirst ? ready : present) - to));
}

/** Who sets the number, and when the step is to go by it, what it was. */
const read = z.strictObject({ autoscaler: z.string().nullable(), history: replicaHistory.optional() });
async function observe(target: Target, clients: Clients, given?: Params): Promise<z.input<typeof read>> {
  const autoscaler = await autoscalerOf(target, clients);
  const isAsked = autoscaler === null && given !== undefined && 'to' in given && given.to === 'known-good';
  return { autoscaler, ...(isAsked && { history: await readReplicaHistory(target, clients) }) };
}

/** Gives a workload another number of pods; for those whose number nobody else sets. */
export const scaleWorkload = (kind: Change['kind'], risk: Risk): Action =>
  defineAction<Params, WorkloadState, Change>({
    verb: 'scale',
    on: kind,
    role: 'fix',
    risk,
    // Load shows in the alert, and what was added against it is not taken away while it goes on.
    unseen: true,
    keepsEffect: true,
    permissions: [
      on(kind, 'get'),
      { platform: 'kubernetes', resource: `${workloadResource[kind]}/scale`, verbs: ['patch'] },
      ...permissions,
    ],
    params,
    change,
    observe,
    plan: (input) => {
      const { target, state, extra } = input;
      const not = (because: string, retryAfterMs?: number): Verdict =>
        no(`${phraseOf(state)} is not scaled: ${because}`, retryAfterMs);
      const { autoscaler, history } = read.parse(extra);
      // Whatever number is wanted, it would be for them to write.
      if (autoscaler !== null) return not(`its replicas are set by ${autoscaler}; change the bounds there`);
      const because = mayNotWrite(state, 'replicas');
      if (because !== undefined) return because;
      const answer = wanted(input, history);
      if ('ok' in answer) return not(answer.reason, answer.ok ? undefined : answer.retryAfterMs);
      const { to, why } = answer;
      return [
        {
          summary: `scale ${phraseOf(state)} from ${state.desired} to ${many(to)}${why}`,
          touches: [target.key],
          change: { ...pin(state), kind, from: state.desired, to },
          ownTimeMs: writeMs,
          watchMs: reversionMs,
          undo: `scale ${phraseOf(state)} back to ${many(state.desired)}, if it still has ${to}`,
        },
      ];
    },
    apply,
    settled: (pinned, clients) => settledBy(pinned, clients, (workload) => replicasOf(workload) === pinned.to),
    undo,
    takesAway,
    verify,
  });
