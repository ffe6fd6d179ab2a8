import type { Entry, Outcome } from '../domain/recovery.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Attempt } from './attempt.ts';
import { isKept, together } from './left-behind.ts';
import type { Road } from './road.ts';
import { stopped } from './stopped.ts';
import type { Watched } from './watch.ts';

interface Asked extends Pick<Watched, 'action' | 'kind'> {
  readonly attempt: Attempt;
  readonly road: Road;
  readonly signal: AbortSignal;
}

/**
 * Keeps what helped, and undoes what did not. An emergency stop means that nothing more is written, so it ends the recovery here: what
 * stays changed is told to a human, and how he takes it back.
 */
export async function keepOrTakeBack(
  entry: Entry,
  { action, kind, attempt, road, signal }: Asked,
): Promise<Verdict | Outcome> {
  if (entry.phase === 'verified' && isKept(entry, action)) return attempt.verified(entry);
  const { recovery } = attempt;
  const state = await kind.observe(recovery.target, road.clients(), signal);
  const stop = await stopped(recovery, entry.plan, kind, road, state);
  if (stop !== undefined) {
    const { reason } = await attempt.verified(entry);
    return { result: 'not-recovered', reason: together(reason, `it is not undone, for ${stop}`, attempt.left()) };
  }
  // The platform shows nothing of it: taking it back would be a change of its own.
  if (entry.nothing) return attempt.verified(entry);
  const undoing = entry.phase === 'undoing' ? entry : await attempt.write(entry, 'undoing');
  await action.undo(entry.plan.change, road.clients(), signal);
  return attempt.verified(await attempt.write(undoing, 'undone'));
}
