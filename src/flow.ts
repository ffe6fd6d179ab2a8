import { randomBytes } from 'node:crypto';
import type { Alert, Delivery } from './domain/alert.ts';
import { ActionError, LookAgain, RunReplaced } from './domain/errors.ts';
import { narrower, pageVerb } from './domain/playbook.ts';
import type { Entry, Outcome } from './domain/recovery.ts';
import type { DecideInput } from './domain/store.ts';
import { no, type Verdict } from './domain/verdict.ts';
import { onlyLook } from './road/allowed-now.ts';
import { answer, answerable, boundsOf } from './road/answer.ts';
import { type Attempt, createAttempt } from './road/attempt.ts';
import { recordRetry } from './road/audited.ts';
import { beganOf } from './road/began-of.ts';
import { createConfirm } from './road/confirm.ts';
import { nextPlan } from './road/next-plan.ts';
import { keepOrTakeBack } from './road/keep-or-take-back.ts';
import type { Recovered, Ring } from './road/ring.ts';
import { failure, ringsAgain } from './road/rings-again.ts';
import { judged } from './road/judged.ts';
import { together } from './road/left-behind.ts';
import { lookOnceMore } from './road/look-once-more.ts';
import { oneOfMany } from './road/one-of-many.ts';
import { proofOf, tookProofBack, withUntested } from './road/proof-of.ts';
import { kindOf, type Road } from './road/road.ts';
import { settle } from './road/settle.ts';
import { beginSilence } from './road/silence.ts';
import { stillNeeded } from './road/still-needed.ts';
import { haltedBy, unwanted } from './road/unwanted.ts';
import { watch, type Watched } from './road/watch.ts';
import { mustYetCome, weigh } from './road/weigh.ts';

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
  const opened: { readonly recovery: string; readonly attempt: number }[] = [];
  for (let first = 0; first < delivery.alerts.length; first += abreast) {
    const some = delivery.alerts.slice(first, first + abreast);
    // One that fails costs no other its decision.
    for (const end of await Promise.allSettled(some.map((alert) => decideOne(alert)))) {
      if (end.status === 'rejected') failures.push(end.reason);
    }
  }
  for (const { recovery, attempt } of opened) await road.bell.ring(recovery, attempt);
  if (failures.length > 0) throw failures[0];
  return postponed;

  async function decideOne(alert: Alert): Promise<void> {
    const { hash, playbooks, mode, freshnessMs } = road.config();
    const now = road.clock.now();
    const news = { alert, now, config: hash, source: delivery.source, counted };
    if (alert.status === 'resolved') {
      const { episode, closed } = await road.store.resolved(news);
      if (closed) await lookOnceMore(episode, road);
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
      const { recovery } = decided.decision;
      if (!decided.opened || recovery === undefined) return;
      // In a large group the first looks of recoveries would take the platforms away from the decisions still to come.
      if (delivery.alerts.length <= abreast) await road.bell.ring(recovery, decided.attempt ?? 1);
      else opened.push({ recovery, attempt: decided.attempt ?? 1 });
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

    const { name, steps, guardrails, silence } = playbook;
    const bounds = boundsOf(alert, target);
    const allowed = narrower(about.mode, bounds.mode);
    const procedure = { name, mode: allowed, steps, guardrails, ...(silence && { silence }) };
    const reason = [`${name} answers it`, ...bounds.reasons].join('; ');
    return decide({ decision: 'recover', reason, ...about, mode: allowed, target }, procedure);
  }
}

/**
 * From a ring to an outcome. Throws a retryable ActionError when the ring is worth repeating; what was begun goes on
 * from the journal then. Aborted, it throws the signal's reason.
 */
export async function recover(ring: Ring, road: Road, signal: AbortSignal): Promise<Recovered> {
  const run = { recovery: ring.recovery, attempt: ring.attempt, run: randomBytes(8).toString('hex') };
  let begun = await road.store.begin(run, ring.made);
  if (begun.begin === 'retry') {
    await recordRetry(ring, begun.recovery, road);
    const next = await road.store.reopen(ring.recovery, begun.recovery.attempt, run.run, road.clock.now());
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
  const end = async (outcome: Outcome): Promise<Recovered> => ({
    outcome: await attempt.end(await oneOfMany(outcome, attempt, road, signal)),
  });
  try {
    return await end(await walk({ attempt, lastTry: ring.lastTry, road, signal }));
  } catch (error) {
    if (leavesIt(error)) return { nothing: error.message };
    if (signal.aborted || (await ringsAgain(error, ring, attempt))) throw error;
    return end(failure(error, attempt, road.config().freshnessMs)).catch((late: unknown) => {
      if (leavesIt(late)) return { nothing: late.message };
      throw late;
    });
  }
}

/** Whoever throws it leaves the recovery as it is: to another run, or to a later look. */
const leavesIt = (error: unknown): error is RunReplaced | LookAgain =>
  error instanceof RunReplaced || error instanceof LookAgain;

interface Walk extends Pick<Ring, 'lastTry'> {
  readonly attempt: Attempt;
  readonly road: Road;
  readonly signal: AbortSignal;
}

/** Each step in order, each candidate plan of the step. */
async function walk({ attempt, lastTry, road, signal }: Walk): Promise<Outcome> {
  const { id, target, procedure, labels } = attempt.recovery;
  const kind = judged(kindOf(road, target.kind), procedure, road.actions);
  // What was only planned is no ground to act on, should somebody allow that in between.
  let onlyPlanned: string | undefined;
  const bound = (state?: unknown): string | undefined =>
    onlyPlanned ?? onlyLook(attempt.recovery, kind, road.config(), state);
  attempt.begun();

  for (const [index, step] of procedure.steps.entries()) {
    // Whatever a page comes to, it is no outcome: it is called at the end.
    if (index < attempt.firstStep || step.verb === pageVerb) continue;
    const action = road.actions.find((one) => one.key === `${step.verb}/${kind.kind}`);
    if (action === undefined) {
      await attempt.passOver(index, `${step.verb}/${kind.kind}`, no(`${step.verb} is no action on a ${kind.kind}`));
      continue;
    }
    const asked = { attempt, kind, action, step: index };
    let prepared = action.role !== 'prepare';
    for (let entry = attempt.unfinished(index), proof: Entry | undefined; ; entry = proof) {
      if (entry === undefined) {
        const { stableMs } = step.verify;
        const over = await stillNeeded({ attempt, kind, stableMs }, road, signal);
        if (over) {
          // Nobody looks at it any more: what was only to show something is not left behind.
          if (over.result === 'obsolete') await tookProofBack(asked, road, signal);
          return withUntested(over, asked, road, signal);
        }

        const state = await kind.observe(target, road.clients(), signal);
        if (state === undefined) continue; // gone meanwhile: the next look ends it
        const began = await beganOf(attempt.recovery, road);
        const extra = await action.observe(target, road.clients(), step.params, began);

        const input = { target, state, extra, params: step.params, labels, recovery: id, began, now: road.clock.now() };
        const next = nextPlan(action, attempt.triedPlans(index), input);
        if ('ok' in next) {
          if (await tookProofBack(asked, road, signal)) continue;
          mustYetCome(next, asked, road);
          await attempt.passOver(index, action.key, next);
          prepared ||= attempt.tried(index) === 0;
          break;
        }
        const only = bound(state);
        const weighing = { attempt, kind, action, step: index, plan: next, input, only };
        const plan = await weigh(weighing, road, signal);
        if ((plan === 'held' || plan === 'planned') && (await tookProofBack(asked, road, signal))) continue;
        if (plan === 'planned') [prepared, onlyPlanned] = [true, only];
        if (plan === 'held' || plan === 'planned') break;
        if ('result' in plan) return plan;
        entry = await attempt.write({ step: index, candidate: attempt.tried(index), plan, before: state }, 'planned');
      }
      const done = await carryOut(entry, { action, kind, step, attempt, lastTry, road, signal });
      if ('result' in done) return done;
      const isFixed = done.ok && action.role === 'fix';
      const left = isFixed ? await proofOf(entry, asked, road, signal) : undefined;
      proof = left !== undefined && 'plan' in left ? left : undefined;
      if (left !== undefined && 'ok' in left) {
        const reason = together(done.reason, left.ok ? '' : left.reason);
        return { result: 'recovered', reason, retryAfterMs: road.config().freshnessMs };
      }
      if (done.ok && !isFixed) {
        prepared = true;
        break;
      }
    }
    if (!prepared) return attempt.unprepared(index);
  }
  return attempt.tally(bound() !== undefined);
}

/** Journal, apply, verify, undo: from wherever the run before this one had come to. An outcome ends the recovery. */
async function carryOut(left: Entry, at: Walk & Pick<Watched, 'action' | 'kind' | 'step'>): Promise<Verdict | Outcome> {
  const { action, kind, step, attempt, lastTry, road, signal } = at;
  let entry = left;
  if (entry.phase === 'applying') {
    // A run before this one died in the middle. What is not wanted any more, whatever the reason, is not done now.
    const found = await settle(action, entry, road, signal);
    const over = found === 'done' ? undefined : await unwanted(entry, found, at);
    if (found === 'done') entry = await attempt.write(entry, 'applied');
    else if (over !== undefined)
      entry = await attempt.withheld(entry, over, found === 'not-done' ? 'not-shown' : undefined);
  }
  if (entry.phase === 'planned' || entry.phase === 'applying') {
    await beginSilence(attempt, road, signal);
    // What was said since the guardrails were asked still counts.
    const halted = entry.phase === 'planned' ? await haltedBy(entry, at) : undefined;
    if (halted !== undefined) return halted;
    entry = await attempt.write(entry, 'applying');
    try {
      await action.apply(entry.plan.change, road.clients(), signal);
      entry = await attempt.write(entry, 'applied');
    } catch (error) {
      if (!(error instanceof ActionError) || signal.aborted || (error.retryable && !lastTry)) throw error;
      entry = await attempt.failed(entry, error);
    }
  }
  if (entry.phase === 'applied') {
    const resumed = entry === left;
    const seen = await watch({ recovery: attempt.recovery, kind, action, step, entry, resumed }, road, signal);
    entry = await attempt.write({ ...entry, ...seen }, 'verified');
  }
  return keepOrTakeBack(entry, at);
}
