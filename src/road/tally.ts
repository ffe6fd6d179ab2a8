import type { Outcome, StepReport } from '../domain/recovery.ts';

/** Attempts that may end in waiting for somebody else's act. */
const patience = 3;
/** When a guardrail does not say how long it holds, the next notification after this asks again, ms. */
const heldMs = 30_000;

const because = (some: readonly StepReport[]): string =>
  some.map((report) => `${report.action}: ${report.verdict.reason}`).join('; ');

/** What a recovery comes to when none of its steps recovered the target. */
export function tally(reports: readonly StepReport[], attempt: number): Outcome {
  const of = (ended: StepReport['ended']): StepReport[] => reports.filter((report) => report.ended === ended);

  const planned = of('planned');
  if (planned.length > 0) return { result: 'planned', reason: planned.map((one) => one.plan?.summary).join('; else ') };

  if (of('tried').length > 0) return { result: 'not-recovered', reason: because([...of('tried'), ...of('failed')]) };
  if (of('failed').length > 0) return { result: 'failed', reason: because(of('failed')) };

  const held = of('held');
  if (held.length > 0) {
    const waits = held.map(({ verdict }) => (verdict.ok ? heldMs : (verdict.retryAfterMs ?? heldMs)));
    return { result: 'blocked', reason: because(held), retryAfterMs: Math.min(...waits) };
  }
  // Nothing to do for now, for something else is at it (a restart policy, a start that takes its time): looked at again
  // a few times, ever later, before a human is called.
  const waits = reports.flatMap(({ verdict }) => (verdict.ok ? [] : (verdict.retryAfterMs ?? [])));
  if (waits.length > 0 && attempt <= patience) {
    return { result: 'blocked', reason: because(reports), retryAfterMs: Math.min(...waits) * 2 ** (attempt - 1) };
  }
  return {
    result: 'not-recovered',
    reason: `there was nothing to do: ${because(reports) || 'the playbook has no steps'}`,
  };
}
