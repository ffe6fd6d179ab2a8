import type { PlanInput } from '../../domain/action.ts';
import type { Change } from '../../domain/known-good.ts';
import type { Plan } from '../../domain/plan.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import { isRunning, objectName } from '../../domain/object-key.ts';
import { presentOf } from '../../known-good/changes/best.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { serves } from '../../kubernetes/serving.ts';
import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import { causeOf } from '../../kubernetes/trouble-cause.ts';
import { illness } from '../../kubernetes/workload.ts';
import { lookAgainMs, phraseOf, writeMs } from '../pinned-workload.ts';
import { leftPodsOf } from '../rollback/left-pods.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import { couldAil } from './could-ail.ts';
import { askedOf, type Known } from './known.ts';
import type { Asked } from './left-alone.ts';
import type { Put, Renewal } from './put-back.ts';
import { isRecalled, type Recalled } from './recall.ts';
import { isLate, rollOutUnderWay } from './under-way.ts';

/** How many objects a summary names. */
const told = 4;

/** As in `Recall`. */
export interface Unknown {
  readonly unknown?: boolean;
  readonly off?: boolean;
}

/**
 * The ways back to how a workload, and what it depends on, was when it was healthy last: the newest burst of changes undone,
 * the next ones, everything together. `unknown`: nothing can be said of what changed. `current`: what the pods of its current
 * revision carry; undefined: that is not known.
 */
export function planPutBack(
  { target, state, now }: Pick<PlanInput<unknown, WorkloadState>, 'target' | 'state' | 'now'>,
  known: Known,
  current?: string,
): readonly Plan<Put>[] | (Verdict & Unknown) {
  const { recall } = known;
  const about = `nothing of ${phraseOf(state)} is put back`;
  if (!isRecalled(recall)) {
    const { verdict, unknown, off = false } = recall;
    return { ...verdict, reason: `${about}: ${verdict.reason}`, unknown, off };
  }
  const not = (because: string, retryAfterMs?: number): Verdict => no(`${about}: ${because}`, retryAfterMs);
  const asked = askedOf(recall, known, { target, now }, state.owners);
  const concerns = couldAil(state, { target: target.key, recalled: recall, autoscaler: known.autoscaler });
  if (state.gone) return not(forRedeploy(target.key));
  const went = recall.changes.filter(({ object, what }) => what === 'disappeared' && isRunning(object));
  if (went.some(({ object }) => object === target.key)) return not('it went, or came back, just now', lookAgainMs);
  const { candidates, left } = findCandidates(
    asked,
    (change) => change.what !== 'appeared' && !went.includes(change) && concerns(change),
  );
  const seen = clockTime(recall.best.seenAt, now);
  if (candidates.length === 0) {
    const gone = went.map(({ object }) => `${objectName(object)} is left as it is: ${forRedeploy(object)}`);
    const nothing = `nothing that could be why changed since ${seen}, when it was seen healthy last`;
    return not([nothing, ...left, ...gone].join('; '));
  }
  const hindrance = hindranceOf(state, candidates, now);
  if (hindrance !== undefined) return not(hindrance.reason, hindrance.retryAfterMs);
  const history = recall.remembered.objects.get(target.key);
  const rollOut = rollOutUnderWay(state, { now, ...(current && { current }), ...(history && { history }) });
  if (rollOut !== undefined) return not(rollOut, lookAgainMs);
  const kept = handsOffAny(state.pods);
  if (kept !== '') return not(`${kept}, and its pods may have to be replaced`);
  return candidates.map((candidate) =>
    planOf(candidate, {
      ...asked,
      phrase: phraseOf(state),
      renewal: renewalOf(candidate.changes, { state, target: target.key, now }),
      nudge: state.present < state.desired,
      staying: stayingOf(state, target.key, recall),
    }),
  );
}

/** A workload that somebody may have wanted gone is never made anew on the way, without his being asked. */
const forRedeploy = (key: string): string =>
  `it is gone, and somebody may have wanted that; what makes it anew, when a human says yes, is redeploy: paramedic recover --target ${key} --action redeploy`;

/** The revisions of pods that serve, and came to run before the target began to be another than it was. */
function stayingOf({ pods }: WorkloadState, target: string, { remembered, goods }: Recalled): readonly string[] {
  const { versions = [] } = remembered.objects.get(target) ?? {};
  const last = versions.findIndex(({ hash }) => hash === goods.get(target));
  const leftAt = versions[last - 1]?.at ?? 0;
  const old = pods.filter((pod) => serves(pod) && pod.revision !== '' && pod.startedAt > 0 && pod.startedAt < leftAt);
  return [...new Set(old.map(({ revision }) => revision))].toSorted();
}

/** Why it is not for a change to mend, or not yet; undefined: it may be. */
function hindranceOf(
  state: WorkloadState,
  candidates: readonly Candidate[],
  now: number,
): { readonly reason: string; readonly retryAfterMs?: number } | undefined {
  if (state.desired === 0) return undefined;
  if (state.paused) return { reason: 'its roll-out is paused; whoever paused it goes on with: kubectl rollout resume' };
  const ill = illness(state);
  if (ill.length === 0 && !isStuck(state, candidates, now))
    return { reason: 'it is not ill, and what is under way may still come to a good end', retryAfterMs: lookAgainMs };
  const pods = state.pods.filter(({ trouble }) => trouble !== '');
  if (pods.length > 0 && pods.length === ill.length && pods.every(({ trouble }) => causeOf(trouble) === 'node'))
    return { reason: `its node is the trouble (pod ${pods[0]?.name ?? ''}: ${pods[0]?.trouble ?? ''})` };
  return undefined;
}

/** Its pods do not get on, as far as can be said before Kubernetes says it: what they need is gone, or they take for ever. */
const isStuck = ({ starting = 0, pods }: WorkloadState, candidates: readonly Candidate[], now: number): boolean =>
  starting > 0 &&
  (candidates.some(({ changes }) => changes.some(({ what }) => what === 'disappeared')) ||
    pods.some((pod) => isLate(pod, now)));

/** What a candidate is planned from. */
export interface Around extends Pick<Asked, 'recalled' | 'target' | 'now'> {
  readonly phrase: string;
  /** As in `PutBack`; absent: its pods are not seen to. */
  readonly renewal?: Renewal;
  readonly nudge?: boolean;
  readonly staying?: readonly string[];
}

export function planOf({ id, changes, restorations }: Candidate, around: Around): Plan<Put> {
  const { phrase, target, recalled, now, renewal = { by: 'nothing' }, nudge = false, staying } = around;
  const others = restorations.map(({ key }) => key).filter((key) => key !== target);
  const present = presentOf(recalled.remembered, { now, blameMs: recalled.blameMs });
  return {
    id,
    summary: `put back as it was at ${clockTime(recalled.best.seenAt, now)}, when ${phrase} was seen healthy last: ${wordsOf(changes, now)}${alsoOf(renewal)}`,
    touches: [target, ...others],
    ...(others.some(isDelicate(recalled)) && { risk: 'high' as const }),
    change: {
      putBack: {
        target,
        knownGood: recalled.best.id,
        failed: present?.id ?? '',
        restorations: [...restorations],
        nudge,
        renewal,
        ...(staying && { staying: [...staying] }),
      },
    },
    ownTimeMs: writeMs,
    undo: `put ${restorations.map(({ key }) => objectName(key)).join(', ')} back to what it is now, as far as nobody else has changed it by then${renewal.by === 'restart' ? ', and restart it once more' : ''}`,
  };
}

/** There is data behind it, it may have been changed because others knew it, others depend on it as well, or it may have been changed to keep somebody out. */
const delicate = new Set([
  'secret',
  'persistentvolume',
  'networkpolicy',
  'namespace',
  'node',
  'mutatingwebhookconfiguration',
  'validatingwebhookconfiguration',
]);
export const isDelicate =
  ({ others }: Recalled) =>
  (key: string): boolean => {
    const { kind } = parseKubernetesKey(key);
    // Nothing is known of kinds that only the configuration names: another controller may be at work on one.
    return delicate.has(kind) || others.includes(kind);
  };

/** A template that is put back replaces its pods by itself, but for a StatefulSet that waits for an ill one. */
function renewalOf(
  changes: readonly Change[],
  { state, target, now }: { readonly state: WorkloadState } & Pick<Around, 'target' | 'now'>,
): Renewal {
  const ill = state.pods.filter(isIll).map(({ name, uid }) => ({ name, uid }));
  const isTemplate = changes.some(({ object, path }) => object === target && path.startsWith('/spec/template'));
  // In the order in which it waits for them, also for those that no node takes as they are.
  const left = leftPodsOf(state.pods.filter(({ trouble, terminating }) => trouble !== '' && !terminating));
  if (isTemplate && state.kind === 'statefulset' && left.length > 0) return { by: 'evicting-in-order', pods: left };
  if (isTemplate || state.desired === 0) return { by: 'nothing' };
  const read = changes.filter(({ object }) => isReadAtStart(object));
  if (read.length === 0) return { by: 'nothing' };
  const changedAt = Math.min(...read.map(({ at }) => at));
  const hasBad = state.pods.some((pod) => pod.ready && !pod.terminating && pod.startedAt > changedAt);
  // A StatefulSet replaces none while one is ill (kubernetes/kubernetes#67250), and whoever updates on deletion none at all.
  const isStopped = state.strategy === 'OnDelete' || (state.kind === 'statefulset' && ill.length > 0);
  if (hasBad && !isStopped) return { by: 'restart', restartedAt: new Date(now).toISOString(), was: state.restartedAt };
  return ill.length === 0 ? { by: 'nothing' } : { by: 'evicting', pods: ill };
}

const isIll = ({ trouble, terminating }: PodDigest): boolean =>
  trouble !== '' && !terminating && ['process', 'start'].includes(causeOf(trouble));

/** Pods read it when they start, and not again. */
const isReadAtStart = (key: string): boolean =>
  ['configmap', 'secret', 'serviceaccount', 'role', 'rolebinding', 'limitrange'].includes(parseKubernetesKey(key).kind);

const alsoOf = (renewal: Renewal): string => {
  if (renewal.by === 'restart') return '; and restart it';
  return 'pods' in renewal ? `; and evict ${renewal.pods.map(({ name }) => name).join(', ')}` : '';
};

/** `deployment shop/web (its template since 12:05:01Z, by kubectl-set)` */
export function wordsOf(changes: readonly Change[], now: number): string {
  const objects = [...new Set(changes.map(({ object }) => object))];
  const phrases = objects.slice(0, told).map((object) => {
    const some = changes.filter((change) => change.object === object);
    const at = Math.max(...some.map((change) => change.at));
    const by = [...new Set(some.map((change) => change.by).filter((one) => one !== ''))].join(', ');
    const what = some.every((change) => change.what === 'disappeared')
      ? 'gone'
      : some.every((change) => change.what === 'appeared')
        ? 'there'
        : pathsOf(some);
    return `${objectName(object)} (${what} since ${clockTime(at, now)}${by === '' ? '' : `, by ${by}`})`;
  });
  const more = objects.length > told ? `, and ${objects.length - told} more` : '';
  return `${phrases.join(', ')}${more}`;
}

/** `spec.template.spec.containers[app].image and 2 more` */
function pathsOf(changes: readonly Change[]): string {
  const [first = '', ...more] = changes.map(({ path }) =>
    path.slice(1).replaceAll('/[', '[').replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~'),
  );
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
