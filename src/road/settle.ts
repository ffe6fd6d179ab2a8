import type { Action, Settled } from '../domain/action.ts';
import { ActionError } from '../domain/errors.ts';
import type { Entry } from '../domain/recovery.ts';
import type { Road } from './road.ts';

const pollMs = 250;
/** How much longer than the action's own time a platform may stay silent about it, ms. */
const silenceMs = 30_000;

/**
 * A run died, or was cut off, while it applied: the platform may still be at it. Looks until the pinned effect shows or
 * the action's own time is over; only then may it be applied again.
 */
export async function settle(
  action: Action,
  entry: Entry,
  road: Road,
  signal: AbortSignal,
): Promise<Exclude<Settled, 'unknown'>> {
  // From now, not from the entry's time: that may be another host's clock. It costs one more own time at the most.
  const over = road.clock.now() + entry.plan.ownTimeMs;
  for (;;) {
    const answer = await action.settled(entry.plan.change, road.clients());
    if (answer === 'done') return 'done';
    const now = road.clock.now();
    if (answer !== 'unknown' && now >= over) return answer;
    if (now >= over + silenceMs) {
      throw new ActionError(`cannot see whether it was done: ${entry.plan.summary}`, 'unreachable', true);
    }
    await road.clock.sleep(pollMs, signal);
  }
}
