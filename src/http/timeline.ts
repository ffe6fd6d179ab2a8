import type { ShownRecovery } from './shown-recovery.ts';

/** Each phase of the journal in words. */
export const PHASES = {
  planned: 'planned',
  applying: 'begun',
  applied: 'done',
  verified: 'checked',
  undoing: 'is taken back',
  undone: 'was taken back',
} as const;

/** One thing that happened; `at` is ms since the epoch. */
export interface Happened {
  readonly at: number;
  readonly text: string;
}

type Told = Pick<
  ShownRecovery,
  | 'startsAt'
  | 'openedAt'
  | 'attemptOpenedAt'
  | 'endedAt'
  | 'attempt'
  | 'journal'
  | 'question'
  | 'approval'
  | 'manual'
  | 'outcome'
>;

/** How it began, and all of the present attempt that has a time, oldest first. */
export function timelineOf(recovery: Told): readonly Happened[] {
  const { startsAt, openedAt, attemptOpenedAt, endedAt, attempt, journal, question, approval, manual, outcome } =
    recovery;
  // Who retries it need not be who asked for it.
  const first = manual === undefined ? 'attempt 1 was opened' : `attempt 1 was asked for by hand by ${manual.by}`;
  const happened = [
    ...(manual === undefined ? [{ at: startsAt, text: 'its alert began to fire' }] : []),
    { at: openedAt, text: first },
    ...(attempt === 1 || attemptOpenedAt === undefined
      ? []
      : [{ at: attemptOpenedAt, text: `attempt ${attempt} was opened` }]),
    ...journal.map((entry) => ({ at: entry.at, text: textOf(entry) })),
    ...(question === undefined ? [] : [{ at: question.at, text: `asks for approval: ${question.plan.summary}` }]),
    ...(approval === undefined
      ? []
      : [{ at: approval.approvedAt, text: `${approval.by} approved: ${approval.plan.summary}` }]),
    ...(endedAt === undefined ? [] : [{ at: endedAt, text: `ended ${outcome?.result ?? ''}`.trim() }]),
  ];
  return happened.toSorted((a, b) => a.at - b.at);
}

function textOf({ phase, plan, verdict, helped }: ShownRecovery['journal'][number]): string {
  if (verdict === undefined) return `${PHASES[phase]}: ${plan.summary}`;
  const judged = verdict.ok ? 'it helped' : helped ? 'it helped in part' : 'it did not help';
  return `${PHASES[phase]}: ${judged}: ${verdict.reason}`;
}
