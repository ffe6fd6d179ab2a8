import { PHASES } from './timeline.ts';
import type { ShownRecovery } from './shown-recovery.ts';

/** Where a recovery stands. `group` is in the order in which a human wants to see them. */
export interface Standing {
  readonly group: 'waits' | 'under-way' | 'ended';
  /** `waits for approval`, `under way`, `not-recovered` */
  readonly word: string;
  /** Without a full stop. */
  readonly sentence: string;
}

/** What people can say of a recovery. */
export const ACTS = ['approve', 'reject', 'cancel', 'retry', 'ack'] as const;
export type Act = (typeof ACTS)[number];

type Stands = Pick<ShownRecovery, 'state' | 'outcome' | 'question' | 'approval' | 'cancelled' | 'journal'>;

export function standingOf({ state, outcome, question, approval, cancelled, journal }: Stands): Standing {
  if (state === 'ended')
    return {
      group: 'ended',
      word: outcome?.result ?? 'ended',
      sentence: outcome?.reason ?? 'nothing is known of its end',
    };
  if (question !== undefined) return { group: 'waits', word: 'waits for approval', sentence: question.reason };
  const last = journal.at(-1);
  const doing =
    last !== undefined
      ? `${PHASES[last.phase]}: ${last.plan.summary}`
      : approval !== undefined
        ? `${approval.by} approved it: it is planned once more, and goes on if the plan is the same`
        : 'it looks at what is wrong';
  const sentence = cancelled === undefined ? doing : `${cancelled.by} cancelled it: it ends before its next change`;
  return { group: 'under-way', word: cancelled === undefined ? 'under way' : 'is being cancelled', sentence };
}

const settled = new Set(['recovered', 'obsolete']);
const calls = new Set(['not-recovered', 'failed', 'stale']);

/** What can be said of it as it stands; of a question that is too late for it, no yes. */
export function actsOn(recovery: Stands, now: number): readonly Act[] {
  const { outcome, question, cancelled } = recovery;
  const { group } = standingOf(recovery);
  const calling = calls.has(outcome?.result ?? '') || outcome?.page === true;
  const can: Readonly<Record<Act, boolean>> = {
    approve: group === 'waits' && now < (question?.expiresAt ?? 0),
    reject: group === 'waits',
    cancel: group === 'waits' || (group === 'under-way' && cancelled === undefined),
    retry: group === 'ended' && !settled.has(outcome?.result ?? ''),
    ack: group === 'waits' || (group === 'ended' && calling),
  };
  return ACTS.filter((one) => can[one]);
}
