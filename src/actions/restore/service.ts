import { defineAction } from '../../domain/action.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { Change } from '../../domain/known-good.ts';
import type { Plan } from '../../domain/plan.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import { objectName } from '../../domain/object-key.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import type { ServiceState } from '../../targets/service/service.ts';
import { findCandidates } from '../known-good/candidates.ts';
import { askedOf, knownFrom } from '../known-good/known.ts';
import { toPutBack } from '../known-good/permissions.ts';
import { planOf } from '../known-good/plan-put-back.ts';
import type { Put } from '../known-good/put-back.ts';
import { puttingBack } from '../known-good/putting-back.ts';
import { isRecalled } from '../known-good/recall.ts';

/** What is between who calls a Service and its pods. The pods themselves are for their workload's own recovery. */
const between = new Set(['service', 'networkpolicy', 'ingress']);

/** Puts a Service, and what is between it and its pods, back to how it was when pods were ready behind it; with its address. */
export const restoreService = defineAction<undefined, ServiceState, Put>({
  verb: 'restore',
  on: 'service',
  role: 'fix',
  risk: 'low',
  permissions: toPutBack,
  ...puttingBack,
  plan({ target, state, extra, now }): readonly Plan<Put>[] | Verdict {
    const known = knownFrom(extra);
    const { recall } = known;
    const phrase = `service ${state.namespace}/${state.name}`;
    const not = (because: string, retryAfterMs?: number): Verdict =>
      no(`nothing of ${phrase} is put back: ${because}`, retryAfterMs);
    if (!isRecalled(recall)) {
      const { reason, ...verdict } = recall.verdict;
      return not(reason, verdict.ok ? undefined : verdict.retryAfterMs);
    }
    const asked = askedOf(recall, known, { target, now });
    const { candidates, left } = findCandidates(asked, concerns(target.key, recall.others));
    if (candidates.length > 0) return candidates.map((candidate) => planOf(candidate, { ...asked, phrase }));
    const seen = clockTime(recall.best.seenAt, now);
    const elsewhere = [...new Set(recall.changes.map(({ object }) => object))].map(objectName).slice(0, 3);
    const others = elsewhere.length === 0 ? [] : [`what did is looked after there: ${elsewhere.join(', ')}`];
    return not([`nothing between it and its pods changed since ${seen}`, ...left, ...others].join('; '));
  },
  verify: ({ state }) =>
    state.gone ? no('it is still gone') : yes(`service ${state.namespace}/${state.name} is as it was`),
});

const concerns =
  (target: string, others: readonly string[]) =>
  ({ object, what, path }: Change): boolean => {
    const { kind } = parseKubernetesKey(object);
    const isMark = path.startsWith('/metadata');
    const isBetween = between.has(kind) || others.includes(kind);
    return what !== 'appeared' && !isMark && isBetween && (kind !== 'service' || object === target);
  };
