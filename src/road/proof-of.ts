import type { Proof } from '../domain/action.ts';
import type { Plan } from '../domain/plan.ts';
import type { Entry, Outcome } from '../domain/recovery.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { onlyLook } from './allowed-now.ts';
import type { Attempt } from './attempt.ts';
import { mayAct } from './guard.ts';
import { proofId, together } from './left-behind.ts';
import type { Road } from './road.ts';
import { stopped } from './stopped.ts';
import type { Watched } from './watch.ts';

interface Asked extends Pick<Watched, 'kind' | 'action'> {
  readonly attempt: Attempt;
  /** Index of the step. */
  readonly step: number;
}

/**
 * What has helped may have left something in wait: the entry of the act that shows it, planned, to be carried out next. A
 * verdict: nothing lies in wait, or something may, and why it is not looked for.
 */
export async function proofOf(
  { step, plan: done }: Pick<Entry, 'step' | 'plan'>,
  asked: Omit<Asked, 'step'>,
  road: Road,
  signal: AbortSignal,
): Promise<Entry | Verdict> {
  const { attempt, kind, action } = asked;
  const found = await inWait({ ...asked, step }, road, signal);
  if ('ok' in found) return found;
  const { proof, state } = found;
  const { untested, ...wanted } = proof;
  const plan: Plan = { ...wanted, id: proofId, summary: `${wanted.summary}, after: ${done.summary}` };
  const only = onlyLook(attempt.recovery, kind, road.config(), state);
  if (only !== undefined) return no(`${untested}: ${only}`);
  // It is a part of the step that has helped, and uses up nothing: a target that is well is no reason to call anybody.
  const asking = { attempt, kind, action, step, state, plan, observing: true };
  const { refusal } = await mayAct(asking, road, signal);
  if (refusal !== undefined) return no(`${untested}: ${refusal.reason}`);
  attempt.planned(action.key, plan);
  return attempt.write({ step, candidate: attempt.tried(step), plan, before: state }, 'planned');
}

/** The same end, and what it leaves untested, where it is well after an act that was to show that and could not. */
export async function withUntested(over: Outcome, asked: Asked, road: Road, signal: AbortSignal): Promise<Outcome> {
  if (over.result !== 'recovered' || asked.attempt.proven(asked.step, proofId) === undefined) return over;
  const found = await inWait(asked, road, signal);
  return 'ok' in found && !found.ok ? { ...over, reason: together(over.reason, found.reason) } : over;
}

/** So long what was taken back is waited for, ms, and how often it is looked at. */
const settlesMs = 60_000;
const pollMs = 1_000;

/**
 * What has proven that something lies in wait stays for the next candidate. Where there is none, or it may not be carried
 * out, that is taken back, and the target as well as it was before. False: there is no such act, or nothing may be written.
 */
export async function tookProofBack(
  { attempt, kind, action, step }: Asked,
  road: Road,
  signal: AbortSignal,
): Promise<boolean> {
  const entry = attempt.keptProof(step);
  if (entry === undefined) return false;
  const { recovery } = attempt;
  const look = async () => kind.observe(recovery.target, road.clients(), signal);
  if ((await stopped(recovery, entry.plan, kind, road, await look())) !== undefined) return false;
  const undoing = await attempt.write(entry, 'undoing');
  await action.undo(entry.plan.change, road.clients(), signal);
  await attempt.write(undoing, 'undone');
  for (const until = road.clock.now() + settlesMs; road.clock.now() < until;) {
    const state = await look();
    if (state === undefined || kind.symptoms(state).length === 0) break;
    await road.clock.sleep(pollMs, signal);
  }
  return true;
}

async function inWait(
  { attempt, kind, action, step }: Asked,
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly proof: Proof; readonly state: unknown } | Verdict> {
  if (action.proof === undefined) return yes('what has helped is believed');
  const before = attempt.proven(step, proofId);
  if (before?.ok) return before;
  const { id, target, labels, procedure } = attempt.recovery;
  const { params } = procedure.steps[step] ?? {};
  const state = await kind.observe(target, road.clients(), signal);
  if (state === undefined) return yes('it is gone meanwhile');
  const extra = await action.observe(target, road.clients(), params);
  const input = { target, state, extra, params, labels, recovery: id, now: road.clock.now() };
  const proof = action.proof(input);
  if ('ok' in proof) return proof;
  return before === undefined ? { proof, state } : no(`${proof.untested}: ${before.reason}`);
}
