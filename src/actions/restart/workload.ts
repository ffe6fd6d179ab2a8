import { z } from 'zod';
import { type Action, defineAction, type Verified, type VerifyInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { mayNotWrite } from '../../kubernetes/refusals.ts';
import { serving } from '../../kubernetes/serving.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { restartAnnotation } from '../../kubernetes/template-diff.ts';
import { causeOf, comesBackTheSame, wouldNotStart } from '../../kubernetes/trouble-cause.ts';
import { illness, rolloutUnderWay } from '../../kubernetes/workload.ts';
import {
  look,
  lookAgainMs,
  on,
  phraseOf,
  pin,
  pinnedWorkload,
  reversionMs,
  settledBy,
  takenBackBy,
  type WorkloadKind,
  workloadResource,
  writeMs,
} from '../pinned-workload.ts';
import { takenByRollout } from '../taken-by-rollout.ts';
import { type Params, params } from './params.ts';
import { restartedAt, restartPatch } from './restart-patch.ts';

/** How often the write is tried while others write the same object. */
const tries = 5;
/** How many of its symptoms a summary names. */
const told = 3;

const change = z.strictObject({
  ...pinnedWorkload,
  /** What the annotation is going to be: when this was planned, RFC 3339 with milliseconds. */
  restartedAt: z.iso.datetime(),
  /** What it was then; empty: there was none. Anything else by now is somebody else's restart. */
  before: z.string(),
});
type Change = z.infer<typeof change>;

const extra = z.object({ partition: z.number(), inOrder: z.boolean() }).default({ partition: 0, inOrder: false });
type Extra = z.infer<typeof extra>;
const management = z.object({ podManagementPolicy: z.string().default('OrderedReady') });

/** Why there is nothing to restart, or why it would do no good; undefined: there is. */
function nothingToDo(state: WorkloadState, { partition, inOrder }: Extra, ill: readonly string[]): Verdict | undefined {
  const not = (because: string, retryAfterMs?: number): Verdict =>
    no(`${phraseOf(state)} is not restarted: ${because}`, retryAfterMs);
  if (state.desired === 0)
    return not(
      state.kind === 'daemonset'
        ? 'no node is to run a pod of it'
        : 'it is scaled to 0, so there are no pods to replace',
    );
  // A roll-out that is getting on is no illness, and still a reason.
  const rollout = rolloutUnderWay(state);
  const { starting = 0 } = state;
  if (ill.length === 0 && rollout === '' && starting > 0)
    return not(`nothing is wrong with it, ${starting} of its pods starting`, lookAgainMs);
  if (ill.length === 0 && rollout === '') return not('nothing is wrong with it');
  const owned = mayNotWrite(state, 'annotation');
  if (owned !== undefined) return owned;
  if (state.paused) return not('it is paused, so nothing would be rolled out until somebody resumes it');
  if (state.strategy === 'OnDelete') {
    const names = state.pods.filter(({ trouble }) => trouble !== '').map(({ name }) => name);
    const which = names.length === 0 ? 'the pods that are to be replaced' : names.join(', ');
    return not(`its update strategy is OnDelete, so its pods are replaced only when they are deleted: ${which}`);
  }
  if (partition > 0)
    return not(`its partition is ${partition}: only the pods from ordinal ${partition} up would be replaced`);
  if (rollout !== '' && state.stalled === '') return not(`${rollout}; a restart would come on top of it`, lookAgainMs);
  if (rollout !== '')
    return not(`${state.stalled}, and a restart would roll out the same template once more; rollback is for that`);
  const harm = wouldDoHarm(state);
  if (harm !== '') return not(harm);
  const [first] = state.pods.filter(({ trouble, terminating }) => trouble !== '' && !terminating);
  // kubernetes/kubernetes#67250: a new template alone never replaces an ill pod then.
  if (inOrder && first !== undefined)
    return not(
      `its controller waits until pod ${first.name} is ready before it replaces any pod (OrderedReady), so nothing would happen; delete-pod replaces that one`,
    );
  const members = state.kind === 'statefulset' ? membersAtStake(state) : '';
  return members === '' ? undefined : not(members);
}

/**
 * Why no pod of a StatefulSet is replaced that may be a member of a quorum, a phrase; empty: none of them serves. Without
 * order (Parallel) its controller begins with the highest ordinal, whatever ails a lower one, and asks no disruption budget.
 */
function membersAtStake(state: WorkloadState): string {
  const [first = ''] = illness(state);
  const others = 'a restart would stop its other pods one by one all the same';
  const alive = serving(state) + (state.starting ?? 0);
  if (alive > 0)
    return `${first}, and ${others}: ${alive} of them ${alive === 1 ? 'serves or starts' : 'serve or start'}, and may be what is left of a quorum; delete-pod replaces single pods`;
  const recovers = state.pods.find(({ neverReady }) => neverReady === true);
  return recovers === undefined
    ? ''
    : `${recovers.name} has not been ready yet since its containers started, and a new pod would begin anew with what it is at`;
}

/**
 * Why a restart would leave fewer pods that serve than there are, or as few, a phrase; empty: it may help. It replaces
 * the pods that are well, too, so it has to be likely that a new pod comes to run.
 */
function wouldDoHarm(state: WorkloadState): string {
  const { pods, ready, stalled } = state;
  const kept = handsOffAny(pods);
  if (kept !== '') return `${kept}, and a restart would replace that pod too`;
  if (stalled.startsWith('its pods can not be created')) return `${stalled}, so no new pod would come`;
  const ill = pods.filter(({ trouble }) => trouble !== '');
  const stillborn = ill.find(({ trouble }) => wouldNotStart(trouble));
  if (stillborn !== undefined) {
    const instead = causeOf(stillborn.trouble) === 'start' ? 'mend that first, or rollback' : 'mend that first';
    return `its new pods would not start either (pod ${stillborn.name}: ${stillborn.trouble}) and would take the place of those that are ready, ${ready} now; ${instead}`;
  }
  const [first] = ill;
  if (first !== undefined && ill.every(({ trouble }) => comesBackTheSame(trouble)))
    return `that would not mend pod ${first.name} (${first.trouble}); a human has to look at its node`;
  return stopsTooMany(state);
}

/** Why the strategy would have most of those that serve stopped before new ones do, a phrase; empty: it would not. */
function stopsTooMany(state: WorkloadState): string {
  const { strategy, desired, maxUnavailable = 0 } = state;
  const alive = serving(state);
  const instead = 'delete-pod replaces single pods, rollback or a human the rest';
  if (strategy === 'Recreate' && alive > 0)
    return `its strategy is Recreate, so all its pods would be stopped before a new one starts, and ${alive} of them ${alive === 1 ? 'is' : 'are'} ready; ${instead}`;
  const left = Math.min(alive, Math.max(0, desired - maxUnavailable));
  return left * 2 < alive
    ? `its strategy lets ${maxUnavailable} of its ${desired} pods be stopped at once (maxUnavailable), so ${left === 0 ? 'none' : `only ${left}`} of the ${alive} that ${alive === 1 ? 'is' : 'are'} ready would be left; ${instead}`
    : '';
}

const how: Readonly<Record<WorkloadKind, string>> = {
  deployment: 'its pods are replaced as its strategy says',
  statefulset: 'its pods are replaced one at a time, the highest ordinal first',
  daemonset: 'its pods are replaced node by node',
};

/** Forty pods that are ill are told by the first of them. */
const inShort = (ill: readonly string[]): string =>
  ill.length > told ? `${ill.slice(0, told).join(', ')} and ${ill.length - told} more` : ill.join(', ');

/** How a StatefulSet replaces its pods; the digest does not hold it. Nothing of it exists for the other kinds. */
async function orderOf(target: Target, clients: Clients): Promise<Extra> {
  const { cluster, namespace, name } = parseKubernetesKey(target.key);
  const found = await kubernetesCluster(cluster, clients).get('statefulsets.apps', { namespace, name });
  const { podManagementPolicy } = management.parse(found?.spec ?? {});
  const partition = found?.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return { partition, inOrder: podManagementPolicy === 'OrderedReady' };
}

/**
 * Writes the pinned annotation, once: onto the very version that was looked at, so that a write which comes late, or
 * after somebody else's, is refused by the API.
 */
async function apply(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  for (let left = tries; ; left -= 1) {
    const workload = await look(pinned, clients, signal);
    const now = restartedAt(workload);
    if (now === pinned.restartedAt) return;
    if (now !== pinned.before) {
      throw new ActionError(
        `${phraseOf(pinned)} is not restarted: somebody else restarted it meanwhile (${restartAnnotation} is ${now === '' ? 'gone' : now})`,
        'conflict',
        false,
      );
    }
    try {
      const patch = restartPatch(workload.metadata, pinned.restartedAt);
      await kubernetesCluster(pinned.cluster, clients).patch(workloadResource[pinned.kind], pinned, patch, signal);
      return;
    } catch (error) {
      // A sick workload's status changes all the time, and with it its version.
      if (!(error instanceof ActionError) || error.reason !== 'conflict' || left === 1) throw error;
    }
  }
}

function verify({ before, state, change: pinned }: VerifyInput<WorkloadState, Change>): Verified {
  const what = phraseOf(pinned);
  if (state.restartedAt !== pinned.restartedAt) {
    if (state.resourceVersion === before.resourceVersion) return no(`${what} has not been restarted yet`);
    // Not since it was planned: a human may have been asked between, and meanwhile others may have written the template.
    const who = takenBackBy(state.templateWriter, state.owners, (before.templateWriter?.at ?? 0) + 1_000);
    return { ...no(`the restart of ${what} was taken back by ${who}`), certain: true };
  }
  const rollout = rolloutUnderWay(state);
  if (rollout !== '') return no(`${what} is being restarted: ${state.stalled === '' ? rollout : state.stalled}`);
  return yes(`all pods of ${what} have been replaced`);
}

/** Rolls out the same template once more, which replaces every pod the way its strategy allows. */
export const restartWorkload = (kind: WorkloadKind): Action =>
  defineAction<Params, WorkloadState, Change>({
    verb: 'restart',
    on: kind,
    role: 'fix',
    risk: 'low',
    permissions: [on(kind, 'get', 'patch')],
    params,
    change,
    ...(kind === 'statefulset' && { observe: orderOf }),
    plan: ({ target, state, extra: observed, now }) => {
      const ill = illness(state);
      const because = nothingToDo(state, extra.parse(observed), ill);
      if (because !== undefined) return because;
      return [
        {
          summary: `restart ${phraseOf(state)} (${inShort(ill)}): ${how[kind]}`,
          touches: [target.key],
          change: { ...pin(state), restartedAt: new Date(now).toISOString(), before: state.restartedAt },
          ownTimeMs: writeMs,
          watchMs: reversionMs,
        },
      ];
    },
    apply,
    settled: (pinned, clients) =>
      settledBy(pinned, clients, (workload) => restartedAt(workload) === pinned.restartedAt),
    takesAway: (_pinned, state) => takenByRollout(state),
    verify,
  });
