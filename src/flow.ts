import { randomBytes } from 'node:crypto';
import type { Action } from './domain/action.ts';
import type { Alert, Delivery } from './domain/alert.ts';
import { ActionError, messageOf, RunReplaced } from './domain/errors.ts';
import { narrower, type Step } from './domain/playbook.ts';
import type { Entry, Outcome } from './domain/recovery.ts';
import type { DecideInput } from './domain/store.ts';
import type { TargetKind } from './domain/target.ts';
import { no, type Verdict, yes } from './domain/verdict.ts';
import { allowedNow } from './road/allowed-now.ts';
import { answer, answerable } from './road/answer.ts';
import { type Attempt, createAttempt } from './road/attempt.ts';
import { createConfirm } from './road/confirm.ts';
import { guard, heldBy, reserveOthers } from './road/guard.ts';
import { nextPlan } from './road/next-plan.ts';
import { kindOf, type Road } from './road/road.ts';
import { settle } from './road/settle.ts';
import { stillNeeded } from './road/still-needed.ts';
import { watch } from './road/watch.ts';

/** How soon a repeat of an alert whose target was refused is decided anew, ms. */
const askAgainMs = 60_000;
/** How many alerts of one delivery are looked at side by side. */
const abreast = 50;

/**
 * From a delivery to decisions: one per episode, and a recovery where one is due. Returns the alerts whose platform
 * stayed silent: they are to be brought again, with `counted: false`.
 */
export async function triage(delivery: Delivery, road: Road, counted = true): Promise<readonly Alert[]> {
  const confirm = createConfirm(road);
  const postponed: Alert[] = [];
  const failures: unknown[] = [];
  for (let first = 0; first < delivery.alerts.length; first += abreast) {
    const some = delivery.alerts.slice(first, first + abreast);
    // One that fails costs no other its decision.
    for (const end of await Promise.allSettled(some.map((alert) => decideOne(alert)))) {
      if (end.status === 'rejected') failures.push(end.reason);
    }
  }
  if (failures.length > 0) throw failures[0];
  return postponed;

  async function decideOne(alert: Alert): Promise<void> {
    const { hash, playbooks, mode, freshnessMs } = road.config();
    const now = road.clock.now();
    const news = { alert, now, config: hash, source: delivery.source, counted };
    if (alert.status === 'resolved') {
      await road.store.resolved(news);
      return;
    }
    const heard = await road.store.heard(news);
    if (heard.news === 'late' || (heard.news === 'repeat' && !heard.due)) return;
    const decide = async (decision: DecideInput['decision'], procedure?: DecideInput['procedure']): Promise<void> => {
      const decided = await road.store.decide({
        ...news,
        heard: heard.news === 'repeat',
        decision,
        ...(procedure && { procedure }),
      });
      road.report({ event: 'decided', decision: decided.decision, opened: decided.opened });
      if (decided.opened) await road.bell.ring(decided.decision.recovery ?? '', decided.attempt ?? 1);
    };

    const may = answerable(alert);
    if (!may.ok) return decide({ decision: 'none', reason: may.reason, mode });

    const playbook = answer(playbooks, alert);
    if ('miss' in playbook) return decide({ decision: 'none', reason: playbook.miss, mode });
    const about = { playbook: playbook.name, mode: narrower(mode, playbook.mode) };

    const waitedMs = now - delivery.receivedAt;
    if (waitedMs > freshnessMs) {
      const reason = `it waited ${Math.round(waitedMs / 1000)} s with us, longer than freshness: its next notification is decided`;
      return decide({ decision: 'none', reason, ...about, retryAt: now });
    }

    const target = await confirm(alert);
    if ('postponed' in target) {
      postponed.push(alert);
      road.report({ event: 'postponed', alertname: alert.alertname, reason: target.postponed });
      return decide({ decision: 'none', reason: `postponed: ${target.postponed}`, ...about, retryAt: now });
    }
    if ('ok' in target) {
      return decide({ decision: 'none', reason: target.reason, ...about, retryAt: now + askAgainMs });
    }

    const { name, steps, guardrails } = playbook;
    const allowed = narrower(about.mode, target.mode ?? 'act');
    const procedure = { name, mode: allowed, steps, guardrails };
    return decide({ decision: 'recover', reason: `${name} answers it`, ...about, mode: allowed, target }, procedure);
  }
}

/** One ring of a recovery's bell. */
export interface Ring {
  readonly recovery: string;
  readonly attempt: number;
  /** The job's attemptsMade: the failures it has behind it. */
  readonly made: number;
  /** True: nobody rings again for this attempt by himself, so it has to end now. */
  readonly lastTry: boolean;
}

/** `refused`: a retry by hand that may not be. `nothing`: the bell had nothing to tell. */
export type Recovered = { readonly outcome: Outcome } | { readonly refused: string } | { readonly nothing: string };

/**
 * From a ring to an outcome. Throws a retryable ActionError when the ring is worth repeating; what was begun goes on
 * from the journal then. Aborted, it throws the signal's reason.
 */
export async function recover(ring: Ring, road: Road, signal: AbortSignal): Promise<Recovered> {
  const run = { recovery: ring.recovery, attempt: ring.attempt, run: randomBytes(8).toString('hex') };
  let begun = await road.store.begin(run, ring.made);
  if (begun.begin === 'retry') {
    const next = await road.store.reopen(ring.recovery, begun.recovery.attempt, run.run);
    // Our own bell, set for when a guardrail would let it, is no retry by hand: the next notification decides.
    if ('refused' in next) return ring.attempt > begun.recovery.attempt ? { nothing: next.refused } : next;
    if (next.attempt !== ring.attempt) {
      await road.bell.ring(ring.recovery, next.attempt);
      return { nothing: `attempt ${next.attempt} was begun` };
    }
    begun = await road.store.begin(run, ring.made);
  }
  if (begun.begin === 'untold') {
    const { recovery, outcome } = begun;
    await createAttempt(recovery, run, ring.made, road).tell(outcome);
    return { outcome };
  }
  if (begun.begin !== 'run') return { nothing: begun.begin === 'ended' ? begun.reason : 'it was ended meanwhile' };

  const attempt = createAttempt(begun.recovery, run, ring.made, road);
  try {
    return { outcome: await attempt.end(await walk(attempt, ring, road, signal)) };
  } catch (error) {
    if (error instanceof RunReplaced) return { nothing: error.message };
    if (signal.aborted) throw error;
    const again = error instanceof ActionError && error.retryable && !ring.lastTry;
    attempt.trouble(error, again);
    if (again) throw error;
    const reason = error instanceof ActionError ? error.message : `our own mistake: ${messageOf(error)}`;
    // Where nothing was changed yet, a later notification may find the outside world in better health.
    const later = attempt.acted() ? {} : { retryAfterMs: road.config().freshnessMs };
    return { outcome: await attempt.end({ result: 'failed', reason, ...later }) };
  }
}

/** Each step in order, each candidate plan of the step. */
async function walk(attempt: Attempt, ring: Ring, road: Road, signal: AbortSignal): Promise<Outcome> {
  const { recovery } = attempt;
  const { target, procedure } = recovery;
  const kind = kindOf(road, target.kind);
  attempt.begun();

  for (const [index, step] of procedure.steps.entries()) {
    if (index < attempt.firstStep) continue;
    const action = road.actions.find((one) => one.key === `${step.verb}/${kind.kind}`);
    if (action === undefined) {
      await attempt.passOver(index, `${step.verb}/${kind.kind}`, no(`${step.verb} is no action on a ${kind.kind}`));
      continue;
    }
    let prepared = action.role !== 'prepare';
    for (let entry = attempt.unfinished(index); ; entry = undefined) {
      if (entry === undefined) {
        const { stableMs } = step.verify;
        const over = await stillNeeded({ attempt, kind, stableMs }, road, signal);
        if (over) return over;

        const state = await kind.observe(target, road.clients(), signal);
        if (state === undefined) continue;
        const extra = await action.observe(target, road.clients());

        const plan = nextPlan(action, attempt.tried(index), {
          target,
          state,
          extra,
          params: step.params,
          now: road.clock.now(),
        });
        if ('ok' in plan) {
          await attempt.passOver(index, action.key, plan);
          prepared ||= attempt.tried(index) === 0;
          break;
        }
        attempt.planned(action.key, plan);

        const verdicts = await guard(road, recovery, action, plan, attempt.about(action.key));
        const refusal = heldBy(verdicts) ?? (await reserveOthers(attempt, plan, road));
        const observing = allowedNow(procedure, road.config()) === 'observe';
        const verdict = refusal ?? yes(observing ? 'planned only: the mode is observe' : 'no guardrail holds it');
        const ended = refusal ? 'held' : observing ? 'planned' : 'tried';
        await attempt.note(index, {
          action: action.key,
          ended,
          verdict,
          plan: { summary: plan.summary },
          guardrails: verdicts,
        });
        if (ended !== 'tried') break;

        entry = await attempt.write({ step: index, candidate: attempt.tried(index), plan, before: state }, 'planned');
      }
      const done = await carryOut(entry, action, kind, step, attempt, ring, road, signal);
      if (done.ok && action.role === 'fix')
        return { result: 'recovered', reason: done.reason, retryAfterMs: road.config().freshnessMs };
      if (done.ok) {
        prepared = true;
        break;
      }
    }
    if (!prepared) return { ...attempt.tally(), result: 'blocked' };
  }
  return attempt.tally();
}

/** Journal, apply, verify, undo: from wherever the run before this one had come to. */
async function carryOut(
  left: Entry,
  action: Action,
  kind: TargetKind,
  step: Step,
  attempt: Attempt,
  ring: Ring,
  road: Road,
  signal: AbortSignal,
): Promise<Verdict> {
  const { recovery } = attempt;
  let entry = left;
  if (entry.phase === 'applying' && (await settle(action, entry, road, signal)) === 'done') {
    entry = await attempt.write(entry, 'applied');
  }
  if (entry.phase === 'planned' || entry.phase === 'applying') {
    entry = await attempt.write(entry, 'applying');
    try {
      await action.apply(entry.plan.change, road.clients(), signal);
      entry = await attempt.write(entry, 'applied');
    } catch (error) {
      if (!(error instanceof ActionError) || signal.aborted || (error.retryable && !ring.lastTry)) throw error;
      entry = await attempt.failed(entry, error);
    }
  }
  if (entry.phase === 'applied') {
    const seen = await watch({ recovery, kind, action, step, entry, before: entry.before }, road, signal);
    entry = await attempt.write({ ...entry, ...seen }, 'verified');
  }
  if (entry.phase === 'verified' && (entry.verdict?.ok || entry.helped || !action.undoable)) {
    return attempt.verified(entry);
  }
  entry = await attempt.write(entry, 'undoing');
  await action.undo(entry.plan.change, road.clients(), signal);
  entry = await attempt.write(entry, 'undone');
  return attempt.verified(entry);
}
