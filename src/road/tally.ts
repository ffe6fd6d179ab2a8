import type { Outcome, StepReport } from '../domain/recovery.ts';

/** How long somebody else's act (a roll-out, a start) may take before a human is called, ms: Kubernetes gives up on a
 *  roll-out that does not get on after 10 min. */
const patienceMs = 15 * 60_000;
/** How seldom it is looked at in the end, ms. */
const longestWaitMs = 120_000;
/** When a human was called for nothing but a wait, the alert is looked into again after this, ms. */
const afterwardsMs = 60 * 60_000;
/** When a guardrail does not say how long it holds, only a human can release it: looked at again this much later, ms. */
export const heldMs = 15 * 60_000;

const because = (some: readonly StepReport[]): string =>
  some.map((report) => `${report.action}: ${report.verdict.reason}`).join('; ');

interface Circumstances {
  /** Nothing may be changed, and nobody is woken. */
  readonly observing: boolean;
  /** How long the attempts before this one have waited already, ms. */
  readonly waitedMs: number;
  /** The keys of those actions that others come after. */
  readonly prepares: readonly string[];
}

/** What a recovery comes to when none of its steps recovered the target. */
export function tally(reports: readonly StepReport[], { observing, waitedMs, prepares }: Circumstances): Outcome {
  // What was prepared was no try to mend anything.
  const isPrepared = ({ action, verdict }: StepReport): boolean => prepares.includes(action) && verdict.ok;
  const of = (ended: StepReport['ended']): StepReport[] =>
    reports.filter((report) => report.ended === ended && !(ended === 'tried' && isPrepared(report)));

  const planned = of('planned');
  if (planned.length > 0) {
    const joint = (before?: StepReport): string =>
      before === undefined ? '' : prepares.includes(before.action) ? '; then ' : '; else ';
    const phrases = planned.map(({ plan }, index) => `${joint(planned[index - 1])}${plan?.summary}`);
    return { result: 'planned', reason: phrases.join('') };
  }

  // What a human has to hear of is part of what he is called for.
  const told = of('held').filter(({ verdict }) => verdict.page);
  if (of('tried').length > 0)
    return { result: 'not-recovered', reason: because([...of('tried'), ...of('failed'), ...told]) };
  if (of('failed').length > 0) return { result: 'failed', reason: because([...of('failed'), ...told]) };

  const held = of('held');
  if (held.length > 0) {
    const waits = held.map(({ verdict }) => (verdict.ok ? heldMs : (verdict.retryAfterMs ?? heldMs)));
    const page = held.some(({ verdict }) => verdict.page);
    return { result: 'blocked', reason: because(held), retryAfterMs: Math.min(...waits), ...(page && { page: true }) };
  }
  const nothing = `there was nothing to do: ${because(reports) || 'its playbook only calls a human'}`;
  // Nothing to do for now, for something else is at it (a restart policy, a roll-out, a start): looked at again, ever
  // later, before a human is called.
  const waits = reports.flatMap(({ verdict }) => (verdict.ok ? [] : (verdict.retryAfterMs ?? [])));
  if (waits.length > 0 && waitedMs < patienceMs) {
    const retryAfterMs = Math.max(Math.min(...waits), Math.min(waitedMs, longestWaitMs));
    return { result: 'blocked', reason: because(reports), waits: true, retryAfterMs };
  }
  if (observing) return { result: 'planned', reason: nothing };
  return { result: 'not-recovered', reason: nothing, ...(waits.length > 0 && { retryAfterMs: afterwardsMs }) };
}
