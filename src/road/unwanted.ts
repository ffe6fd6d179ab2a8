import type { Settled } from '../domain/action.ts';
import type { Held } from '../domain/guardrail.ts';
import type { Entry, Outcome } from '../domain/recovery.ts';
import { no } from '../domain/verdict.ts';
import type { Attempt } from './attempt.ts';
import { modeNow } from './allowed-now.ts';
import { approvalFor } from './approved.ts';
import { mayAct } from './guard.ts';
import { together } from './left-behind.ts';
import type { Road } from './road.ts';
import { stillNeeded } from './still-needed.ts';
import { cancelledBy, stopped } from './stopped.ts';
import type { Watched } from './watch.ts';

/** How soon it is looked at again what was stopped at the last moment, ms. */
const againMs = 1_000;

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
  const stop = await halt({ step: index, candidate, plan }, { attempt, kind, road }, state);
  // What is left in between is for a human to see to.
  if (stop !== undefined)
    return found === 'half-done' ? { ...no(`${stop.reason}; it is half done`), page: true } : stop;
  if (found === 'half-done') return undefined;
  const { stableMs } = step.verify;
  const over = await stillNeeded({ attempt, kind, stableMs, acted: attempt.effective() }, road, signal);
  if (over) return no(over.reason);
  const asking = { attempt, kind, action, step: index, candidate, state, plan, observing: false };
  return (await mayAct(asking, road, signal)).refusal;
}

/**
 * What it comes to when what was let a moment ago is not done after all; undefined: it is done. Somebody may have stopped
 * or cancelled it, or have said since that he wants to be asked.
 */
export async function haltedBy(
  entry: Entry,
  at: Pick<Asked, 'attempt' | 'kind' | 'road'>,
): Promise<Outcome | undefined> {
  const { attempt, road } = at;
  const cancelled = await cancelledBy(attempt.recovery.id, road);
  const stop = cancelled === undefined ? await halt(entry, at, undefined) : no(cancelled);
  if (stop === undefined) return undefined;
  const withheld = await attempt.withheld(entry, stop, 'not-begun');
  const { reason } = await attempt.verified(withheld);
  const told = together(reason, attempt.left());
  return cancelled === undefined
    ? { result: 'blocked', reason: told, retryAfterMs: againMs }
    : { result: 'rejected', reason: told };
}

async function halt(
  { step, candidate, plan }: Pick<Entry, 'step' | 'candidate' | 'plan'>,
  { attempt, kind, road }: Pick<Asked, 'attempt' | 'kind' | 'road'>,
  state: unknown,
): Promise<Held | undefined> {
  const { recovery } = attempt;
  const stop = await stopped(recovery, plan, kind, road, state);
  if (stop !== undefined) return no(stop);
  const asks = modeNow(recovery, kind, road.config(), state) === 'approve';
  return asks && approvalFor(recovery, step, candidate) === undefined
    ? no('the mode is approve by now, and nobody has said yes to it')
    : undefined;
}
