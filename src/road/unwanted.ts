import type { Settled } from '../domain/action.ts';
import type { Held } from '../domain/guardrail.ts';
import type { Entry } from '../domain/recovery.ts';
import { no } from '../domain/verdict.ts';
import type { Attempt } from './attempt.ts';
import { mayAct } from './guard.ts';
import type { Road } from './road.ts';
import { stillNeeded } from './still-needed.ts';
import { stopped } from './stopped.ts';
import type { Watched } from './watch.ts';

interface Asked extends Pick<Watched, 'action' | 'kind' | 'step'> {
  readonly attempt: Attempt;
  readonly road: Road;
  readonly signal: AbortSignal;
}

/**
 * Why what was planned before a crash is not wanted any more, a verdict; undefined: it is. Where nothing of it has shown,
 * the alert's being gone is news, and not our doing; the guardrails are asked again, for it may be long since they let it,
 * which counts it anew, as of now. What is half done may well be why the alert is gone, and is finished unless nothing more
 * may be written.
 */
export async function unwanted(
  { step: index, candidate, plan }: Entry,
  found: Exclude<Settled, 'done'>,
  { attempt, kind, action, step, road, signal }: Asked,
): Promise<Held | undefined> {
  const { recovery } = attempt;
  const state = await kind.observe(recovery.target, road.clients(), signal);
  const stop = await stopped(recovery, plan, kind, road, state);
  if (stop !== undefined) return no(stop);
  if (found === 'half-done') return undefined;
  const { stableMs } = step.verify;
  const over = await stillNeeded({ attempt, kind, stableMs, acted: attempt.effective() }, road, signal);
  if (over) return no(over.reason);
  const asking = { attempt, kind, action, step: index, candidate, state, plan, observing: false };
  return (await mayAct(asking, road, signal)).refusal;
}
