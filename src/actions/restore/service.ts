import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { Change } from '../../domain/known-good.ts';
import type { Plan } from '../../domain/plan.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import { objectName } from '../../domain/object-key.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import type { ServiceState } from '../../targets/service/service.ts';
import { putAllBack, settled, takeAllBack } from '../known-good/carry-out.ts';
import { findCandidates } from '../known-good/candidates.ts';
import { isKnown, readKnown } from '../known-good/known.ts';
import { toPutBack } from '../known-good/permissions.ts';
import { planOf, type Put } from '../known-good/plan-put-back.ts';
import { putBack } from '../known-good/put-back.ts';
import { isRecalled } from '../known-good/recall.ts';
import { noParams } from '../no-params.ts';

const change = z.strictObject({ putBack });

/** What is between who calls a Service and its pods. The pods themselves are for their workload's own recovery. */
const between = new Set(['service', 'networkpolicy', 'ingress']);

/** Puts a Service, and what is between it and its pods, back to how it was when pods were ready behind it; with its address. */
export const restoreService = defineAction<undefined, ServiceState, Put>({
  verb: 'restore',
  on: 'service',
  role: 'fix',
  risk: 'low',
  permissions: toPutBack,
  params: noParams,
  change,
  observe: readKnown,
  plan({ target, state, extra, now }): readonly Plan<Put>[] | Verdict {
    if (!isKnown(extra)) throw new Error('observe did not tell what is remembered');
    const { recall, protectedNamespaces } = extra;
    const phrase = `service ${state.namespace}/${state.name}`;
    const not = (because: string, retryAfterMs?: number): Verdict =>
      no(`nothing of ${phrase} is put back: ${because}`, retryAfterMs);
    if (!isRecalled(recall)) {
      const { reason, ...verdict } = recall.verdict;
      return not(reason, verdict.ok ? undefined : verdict.retryAfterMs);
    }
    const asked = { recalled: recall, protectedNamespaces, target: target.key, owners: [], now };
    const { candidates, left } = findCandidates(asked, concerns(target.key));
    if (candidates.length > 0)
      return candidates.map((candidate) =>
        planOf(candidate, {
          phrase,
          target: target.key,
          recalled: recall,
          now,
          renewal: { by: 'nothing' },
          nudge: false,
        }),
      );
    const seen = clockTime(recall.best.seenAt, now);
    const elsewhere = [...new Set(recall.changes.map(({ object }) => object))].map(objectName).slice(0, 3);
    const others = elsewhere.length === 0 ? [] : [`what did is looked after there: ${elsewhere.join(', ')}`];
    return not([`nothing between it and its pods changed since ${seen}`, ...left, ...others].join('; '));
  },
  apply: ({ putBack: pinned }, clients, signal) => putAllBack(pinned, clients, signal),
  settled: ({ putBack: pinned }, clients) => settled(pinned, clients),
  undo: ({ putBack: pinned }, clients, signal) => takeAllBack(pinned, clients, signal),
  verify: ({ state }) =>
    state.gone ? no('it is still gone') : yes(`service ${state.namespace}/${state.name} is as it was`),
});

const concerns =
  (target: string) =>
  ({ object, what, path }: Change): boolean => {
    const { kind } = parseKubernetesKey(object);
    const isMark = path.startsWith('/metadata');
    return what !== 'appeared' && !isMark && between.has(kind) && (kind !== 'service' || object === target);
  };
