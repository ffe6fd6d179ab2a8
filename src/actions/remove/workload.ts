import { field } from '../../domain/fields.ts';
import { type Action, defineAction } from '../../domain/action.ts';
import type { Change } from '../../domain/known-good.ts';
import type { Plan } from '../../domain/plan.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import { objectName } from '../../domain/object-key.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { illness } from '../../kubernetes/workload.ts';
import { type Candidate, findCandidates } from '../known-good/candidates.ts';
import { askedOf, knownFrom } from '../known-good/known.ts';
import { toPutBack } from '../known-good/permissions.ts';
import { planOf } from '../known-good/plan-put-back.ts';
import type { Put } from '../known-good/put-back.ts';
import { puttingBack } from '../known-good/putting-back.ts';
import { isRecalled } from '../known-good/recall.ts';
import { verifyPutBack } from '../known-good/verify-put-back.ts';
import { writtenAt } from '../known-good/written-at.ts';
import { lookAgainMs, phraseOf, type WorkloadKind } from '../pinned-workload.ts';

/** What can keep pods from being made; what can make them other than they are meant; what can keep them from being reached. */
const refuses = new Set(['resourcequota', 'validatingwebhookconfiguration']);
const alters = new Set(['limitrange', 'mutatingwebhookconfiguration']);
const cutsOff = new Set(['networkpolicy']);

/**
 * Takes out of the way what appeared since the workload was healthy and may block it: a quota, a limit range or a network
 * policy is deleted, webhooks are made to let pass what they do not answer for.
 */
export const removeAroundWorkload = (kind: WorkloadKind): Action =>
  defineAction<undefined, WorkloadState, Put>({
    verb: 'remove',
    on: kind,
    role: 'fix',
    // It is there for somebody's reason, and others may depend on it.
    risk: 'high',
    permissions: toPutBack,
    ...puttingBack,
    plan({ target, state, extra, now }): readonly Plan<Put>[] | Verdict {
      const known = knownFrom(extra);
      const { recall } = known;
      const not = (because: string, retryAfterMs?: number): Verdict =>
        no(`nothing is taken out of the way of ${phraseOf(state)}: ${because}`, retryAfterMs);
      if (!isRecalled(recall)) return not(recall.verdict.reason);
      if (illness(state).length === 0) return not('nothing is wrong with it', lookAgainMs);
      const asked = askedOf(recall, known, { target, now });
      const { candidates, left } = findCandidates(asked, isInTheWayOf(state));
      if (candidates.length === 0)
        return not([`nothing that could be came since ${clockTime(recall.best.seenAt, now)}`, ...left].join('; '));
      return candidates.map((candidate) => {
        const plan = planOf(neutralised(candidate), { ...asked, phrase: phraseOf(state), nudge: true });
        const objects = candidate.restorations.map(({ key }) => key);
        return {
          ...plan,
          summary: `${objects.map(sentence).join(', ')}: it came after ${clockTime(recall.best.seenAt, now)}, when ${phraseOf(state)} was seen healthy last`,
          undo: `make ${objects.map(objectName).join(', ')} what it is now`,
        };
      });
    },
    look: ({ putBack }, clients) => writtenAt(putBack, clients),
    verify: verifyPutBack,
  });

/** Only what can be why it is as ill as it is: others may depend on the rest. */
function isInTheWayOf({ present, desired, stalled }: WorkloadState): (change: Change) => boolean {
  const areRefused = present < desired || stalled.startsWith('its pods can not be created');
  return ({ object, what, after }) => {
    const { kind } = parseKubernetesKey(object);
    const isInTheWay = alters.has(kind) || (areRefused ? refuses : cutsOff).has(kind);
    return what === 'appeared' && isInTheWay && !(isWebhook(object) && failsOpen(after));
  };
}

/** Its webhooks let pass already what they do not answer for: there is nothing left to do about them. */
function failsOpen(content: unknown): boolean {
  const webhooks = field(content, 'webhooks');
  return Array.isArray(webhooks) && webhooks.every((one) => field(one, 'failurePolicy') === 'Ignore');
}

const isWebhook = (key: string): boolean => parseKubernetesKey(key).kind.endsWith('webhookconfiguration');

const sentence = (key: string): string =>
  isWebhook(key) ? `let pass what ${objectName(key)} does not answer for` : `delete ${objectName(key)}`;

/** A configuration of webhooks is not deleted: what they are there for they go on doing as far as they can. */
const neutralised = ({ restorations, ...candidate }: Candidate): Candidate => ({
  ...candidate,
  restorations: restorations.map((one) => (isWebhook(one.key) ? { ...one, failOpen: true } : one)),
});
