import type { Action } from '../domain/action.ts';
import type { Entry } from '../domain/recovery.ts';

/** The id of the plan by which what has helped is proven. */
export const proofId = 'proof';

/**
 * Whether what was verified stays: it helped, or protects others, or there is no way back; or it has proven that something
 * lies in wait, which would be there again were that taken back, and is for the next candidate.
 */
export const isKept = (entry: Entry, action: Action): boolean =>
  entry.verdict?.ok ||
  entry.helped ||
  (action.keepsEffect && entry.effect) ||
  (entry.plan.id === proofId && entry.certain) ||
  !action.undoable;

/** Whether a change is neither through nor taken back, and could be: `last` is the last line of the journal. */
export function isHalfDone(last: Entry | undefined, action: Action | undefined): boolean {
  if (last === undefined || !action?.undoable || last.phase === 'planned' || last.phase === 'undone') return false;
  return last.phase !== 'verified' || (!last.nothing && !isKept(last, action));
}

/** What an attempt leaves changed that did not recover the target, and how it is taken back; empty when nothing. */
export function leftBehind(journal: readonly Entry[]): string {
  const candidates = new Map(journal.map((entry) => [`${entry.step}.${entry.candidate}`, entry]));
  return [...candidates.values()].flatMap((last) => phraseOf(last, journal) ?? []).join('; ');
}

/** One sentence of several, of which some may be empty. */
export const together = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('; ');

function phraseOf(last: Entry, journal: readonly Entry[]): string | undefined {
  const { phase, plan, verdict } = last;
  const isOfIt = (one: Entry): boolean => one.step === last.step && one.candidate === last.candidate;
  const wasBegun = journal.some((one) => isOfIt(one) && one.phase === 'applying');
  const isOver = phase === 'verified' && (verdict?.ok || !wasBegun || plan.undo === undefined);
  if (phase === 'planned' || phase === 'undone' || isOver) return undefined;
  const wasApplied = journal.some((one) => isOfIt(one) && one.phase === 'applied');
  const left =
    phase === 'undoing' ? 'it may not have been taken back' : wasApplied ? 'it stays' : 'it may be half done';
  const byHand = plan.undo === undefined ? '' : `, to take it back by hand: ${plan.undo}`;
  return `${left}: ${plan.summary}${byHand}`;
}
