import type { Outcome } from '../domain/recovery.ts';
import { onlyLook } from './allowed-now.ts';
import type { Attempt } from './attempt.ts';
import { type Guarded, guardrailParams, heldBy, unplanned } from './guard.ts';
import { kindOf, type Road } from './road.ts';
import { heldMs } from './tally.ts';

/**
 * A bad outcome of a recovery that could do nothing, unless many have the same cause: then it is held like the others, and
 * no human is called for each of them. Who can not say is no reason not to call.
 */
export async function oneOfMany(outcome: Outcome, attempt: Attempt, road: Road, signal: AbortSignal): Promise<Outcome> {
  if ((outcome.result !== 'not-recovered' && outcome.result !== 'failed') || attempt.acted()) return outcome;
  const kind = kindOf(road, attempt.recovery.target.kind);
  const observing = onlyLook(attempt.recovery, kind, road.config()) !== undefined;
  const input = await unplanned({ attempt, kind, observing }, road, signal);
  const asked = road.guardrails.map(async (guardrail): Promise<readonly Guarded[]> => {
    const verdict = await guardrail
      .beforeCalling?.({ ...input, params: guardrailParams(guardrail, attempt, road) })
      .catch(() => undefined);
    return verdict === undefined ? [] : [{ kind: guardrail.kind, verdict }];
  });
  const verdicts = (await Promise.all(asked)).flat();
  signal.throwIfAborted();
  const refusal = heldBy(verdicts);
  if (refusal === undefined || refusal.ok) return outcome;
  for (const { kind: guardrail, verdict } of verdicts)
    road.report({ event: 'guardrail', ...attempt.about(''), guardrail, verdict });
  const { reason, retryAfterMs = heldMs, page } = refusal;
  return {
    result: 'blocked',
    reason: `${reason}; and ${outcome.result}: ${outcome.reason}`,
    retryAfterMs,
    ...(page && { page }),
  };
}
