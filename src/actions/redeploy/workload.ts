import { type Action, defineAction } from '../../domain/action.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { Plan } from '../../domain/plan.ts';
import { burstsOf } from '../../known-good/changes/bursts.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { findCandidates, restorationsOf } from '../known-good/candidates.ts';
import { askedOf, knownFrom } from '../known-good/known.ts';
import { toPutBack } from '../known-good/permissions.ts';
import { planOf } from '../known-good/plan-put-back.ts';
import type { Put } from '../known-good/put-back.ts';
import { puttingBack } from '../known-good/putting-back.ts';
import { isRecalled } from '../known-good/recall.ts';
import { on, phraseOf, type WorkloadKind } from '../pinned-workload.ts';

/** Makes a workload anew that is gone, with what it needs that went as well, as it was when it was healthy last. */
export const redeployWorkload = (kind: WorkloadKind): Action =>
  defineAction<undefined, WorkloadState, Put>({
    verb: 'redeploy',
    on: kind,
    role: 'fix',
    // Somebody may have wanted it gone.
    risk: 'high',
    permissions: [on(kind, 'create', 'delete'), ...toPutBack],
    ...puttingBack,
    plan({ target, state, extra, now }): readonly Plan<Put>[] | Verdict {
      const known = knownFrom(extra);
      const { recall } = known;
      const not = (because: string): Verdict => no(`${phraseOf(state)} is not redeployed: ${because}`);
      if (!state.gone) return not('it is there');
      if (!isRecalled(recall)) return not(recall.verdict.reason);
      const asked = askedOf(recall, known, { target, now });
      const { changes, left } = findCandidates(asked, ({ what }) => what === 'disappeared');
      if (!changes.some(({ object }) => object === target.key))
        return not(left.join('; ') || 'how it was is not known any more');
      const [burst] = burstsOf(changes.filter(({ object }) => object === target.key));
      const candidate = { id: burst?.id ?? 'gone', changes, restorations: restorationsOf(changes, asked) };
      return [planOf(candidate, { ...asked, phrase: phraseOf(state) })];
    },
    verify: ({ state }) =>
      state.gone ? no(`${phraseOf(state)} is still gone`) : yes(`${phraseOf(state)} is there again`),
  });
