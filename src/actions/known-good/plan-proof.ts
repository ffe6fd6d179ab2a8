import type { PlanInput, Proof } from '../../domain/action.ts';
import { formatDuration } from '../../domain/duration.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { Change } from '../../domain/known-good.ts';
import { isRunning, kindOf } from '../../domain/object-key.ts';
import { mayNotWrite } from '../../kubernetes/refusals.ts';
import { handsOffAny } from '../../kubernetes/hands-off.ts';
import { serves } from '../../kubernetes/serving.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { phraseOf } from '../pinned-workload.ts';
import { takenByRollout } from '../taken-by-rollout.ts';
import { findCandidates } from './candidates.ts';
import { couldAil } from './could-ail.ts';
import { askedOf, type Known } from './known.ts';
import { isDelicate, wordsOf } from './plan-put-back.ts';
import type { Put, Renewal } from './put-back.ts';
import { isRecalled, type Recalled } from './recall.ts';

/** With more of them one is replaced: a roll-out would replace all. */
const fewPods = 2;

/**
 * It is well, and something that changed within the blame window was not put back: one pod is replaced, to see whether the
 * next one comes to run; where that would take too many away, by a roll-out that brings the next one first.
 */
export function planProof(
  { target, state, now }: Pick<PlanInput<unknown, WorkloadState>, 'target' | 'state' | 'now'>,
  known: Known,
): Proof<Put> | Verdict {
  const { recall, autoscaler } = known;
  if (!isRecalled(recall)) return yes(recall.verdict.reason);
  const asked = askedOf(recall, known, { target, now }, state.owners);
  const concerns = couldAil(state, { target: target.key, recalled: recall, autoscaler });
  const { changes } = findCandidates(asked, (change) => concerns(change) && change.at > now - recall.blameMs);
  if (changes.length === 0) return yes('nothing that changed lately was left as it is');
  const well = state.pods.filter((one) => serves(one) && !one.terminating);
  const newest = Math.max(...changes.map(({ at }) => at));
  // A container that only began anew says nothing of what keeps new pods from being made.
  const shown = well.find(({ startedAt, diedAt }) => startedAt > newest && diedAt === 0);
  if (shown !== undefined) return yes(`pod ${shown.name} came to run after what changed lately`);
  const untested = `not tested: ${wordsOf(changes, now)} changed within ${formatDuration(recall.blameMs)} and was left as it is; a new pod may not come to run`;
  // One of its members may be the one that the others follow.
  if (state.kind === 'statefulset') return no(`${untested}: no member of a StatefulSet is replaced while it is well`);
  const pod = well.find(({ mode }) => mode === undefined);
  const toSee = `comes to run with what else changed: ${wordsOf(changes, now)}`;
  const replacing = (summary: string, renewal: Renewal): Proof<Put> => ({
    untested,
    summary,
    touches: [target.key],
    change: {
      putBack: { target: target.key, knownGood: recall.best.id, failed: '', restorations: [], nudge: false, renewal },
    },
    ownTimeMs: 10_000,
  });
  if (well.length > 0 && bringsNextFirst(state) && !sharesVolume(recall) && changes.every(isMendable(recall))) {
    const renewal = {
      by: 'proof-by-roll-out' as const,
      restartedAt: new Date(now).toISOString(),
      was: state.restartedAt,
    };
    const undo = `take back the restart of ${phraseOf(state)}, as far as nobody else has restarted it by then`;
    return { ...replacing(`restart ${phraseOf(state)}, to see that its first new pod ${toSee}`, renewal), undo };
  }
  if (pod === undefined || state.desired < 2) return no(`${untested}: it has no pod that could be spared`);
  const renewal = { by: 'proof' as const, pods: [{ name: pod.name, uid: pod.uid }] };
  return replacing(`replace pod ${pod.name}, to see that the next one ${toSee}`, renewal);
}

/**
 * Its strategy takes none of its few pods away before the next one serves, of which its probes tell, and nobody keeps it
 * from that.
 */
const bringsNextFirst = (state: WorkloadState): boolean =>
  state.kind === 'deployment' &&
  state.strategy === 'RollingUpdate' &&
  state.probed === true &&
  state.desired <= fewPods &&
  state.updated === state.desired &&
  !state.paused &&
  mayNotWrite(state, 'annotation') === undefined &&
  handsOffAny(state.pods) === '' &&
  takenByRollout(state) === 0;

/** Two at once on one volume may be what neither can bear. */
const sharesVolume = ({ remembered }: Recalled): boolean =>
  remembered.graph.some(({ key }) => kindOf(key) === 'persistentvolumeclaim');

/** What a roll-out shows can be put back next, and nobody has to be asked. */
const isMendable =
  (recalled: Recalled) =>
  ({ what, object }: Change): boolean =>
    what !== 'appeared' && !isRunning(object) && !isDelicate(recalled)(object);
