import type { PlanInput, Proof } from '../../domain/action.ts';
import { formatDuration } from '../../domain/duration.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { serves } from '../../kubernetes/serving.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { findCandidates } from './candidates.ts';
import { couldAil } from './could-ail.ts';
import { askedOf, type Known } from './known.ts';
import { wordsOf } from './plan-put-back.ts';
import type { Put } from './put-back.ts';
import { isRecalled } from './recall.ts';

/**
 * It is well, and something that changed within the blame window was not put back: one pod is replaced, to see whether the
 * next one comes to run.
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
  if (pod === undefined || state.desired < 2) return no(`${untested}: it has no pod that could be spared`);
  return {
    untested,
    summary: `replace pod ${pod.name}, to see that the next one comes to run with what else changed: ${wordsOf(changes, now)}`,
    touches: [target.key],
    change: {
      putBack: {
        target: target.key,
        knownGood: recall.best.id,
        failed: '',
        restorations: [],
        nudge: false,
        renewal: { by: 'proof', pods: [{ name: pod.name, uid: pod.uid }] },
      },
    },
    ownTimeMs: 10_000,
  };
}
