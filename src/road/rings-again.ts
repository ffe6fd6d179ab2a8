import { ActionError, messageOf } from '../domain/errors.ts';
import type { Outcome } from '../domain/recovery.ts';
import type { Attempt } from './attempt.ts';
import { together } from './left-behind.ts';
import { type Ring, slowRings } from './ring.ts';

/**
 * Whether a run that failed is followed by another ring. What is left half done is rung for an hour longer: whatever
 * keeps its platform away may take as long, and nobody else knows of it. A human is told when that hour begins.
 */
export async function ringsAgain(error: unknown, { lastTry, slowLeft = 0 }: Ring, attempt: Attempt): Promise<boolean> {
  const again = error instanceof ActionError && error.retryable && (!lastTry || (slowLeft > 0 && attempt.isHalfDone()));
  attempt.trouble(error, again);
  if (again && lastTry && slowLeft === slowRings) {
    await attempt.page(together(error.message, attempt.left(), 'it is tried again each minute for an hour'));
  }
  return again;
}

/** What a recovery comes to when its run failed and none follows. */
export function failure(error: unknown, attempt: Attempt, freshnessMs: number): Outcome {
  const why = error instanceof ActionError ? error.message : `our own mistake: ${messageOf(error)}`;
  const reason = together(why, attempt.left());
  // Where nothing was changed yet, a later notification may find the outside world in better health.
  return { result: 'failed', reason, ...(!attempt.acted() && { retryAfterMs: freshnessMs }) };
}
