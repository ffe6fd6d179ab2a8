import { onlyLook } from './allowed-now.ts';
import type { Attempt } from './attempt.ts';
import type { Road } from './road.ts';
import { stillNeeded } from './still-needed.ts';
import type { Watched } from './watch.ts';

interface Asked extends Pick<Watched, 'kind' | 'step'> {
  readonly attempt: Attempt;
  readonly road: Road;
  readonly signal: AbortSignal;
}

/**
 * Why what was planned before a crash is not wanted any more, a sentence; undefined: it is. Nothing of it has shown, so
 * the alert's being gone is news, and not our doing.
 */
export async function unwanted({ attempt, kind, step, road, signal }: Asked): Promise<string | undefined> {
  const { recovery } = attempt;
  const state = await kind.observe(recovery.target, road.clients(), signal);
  const bound = onlyLook(recovery, kind, road.config(), state);
  if (bound !== undefined) return bound;
  const { stableMs } = step.verify;
  return (await stillNeeded({ attempt, kind, stableMs, acted: attempt.effective() }, road, signal))?.reason;
}
