import type { Settled } from '../domain/action.ts';
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
 * Why what was planned before a crash is not wanted any more, a sentence; undefined: it is. Where nothing of it has shown,
 * the alert's being gone is news, and not our doing. What is half done may well be why it is gone, and is finished unless
 * nothing more may be written.
 */
export async function unwanted(
  { attempt, kind, step, road, signal }: Asked,
  found: Exclude<Settled, 'done'>,
): Promise<string | undefined> {
  const { recovery } = attempt;
  const state = await kind.observe(recovery.target, road.clients(), signal);
  const bound = onlyLook(recovery, kind, road.config(), state);
  if (bound !== undefined) return bound;
  if (found === 'half-done') return undefined;
  const { stableMs } = step.verify;
  return (await stillNeeded({ attempt, kind, stableMs, acted: attempt.effective() }, road, signal))?.reason;
}
