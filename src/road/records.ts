import type { AuditEntry } from '../domain/audit.ts';
import type { Question } from '../domain/approval.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { Counted } from '../domain/store.ts';
import type { Road } from './road.ts';

/** What became of a recovery: for people, so without what its plans pin and without the states of its target. */
export interface Told extends Pick<
  Recovery,
  'id' | 'attempt' | 'state' | 'openedAt' | 'endedAt' | 'steps' | 'outcome' | 'manual' | 'cancelled'
> {
  /** It waits for somebody to say yes to this. */
  readonly question?: Pick<Question, 'action' | 'reason' | 'expiresAt'> & { readonly summary: string };
}

/** Why a recovery was started, or was not, and what became of it. */
export interface DecisionRecord {
  readonly decision: Counted;
  readonly recovery?: Told;
}

/** Who did what in the last `lastMs`, newest first. */
export const auditOfLast = (
  { lastMs, limit }: { readonly lastMs: number; readonly limit: number },
  { store, clock }: Road,
): Promise<readonly AuditEntry[]> => store.audit({ since: clock.now() - lastMs, limit });

/** `word`: an episode, a recovery or a fingerprint. Newest first; none: nothing is known of it any more. */
export async function decisionRecords(word: string, { store }: Road): Promise<readonly DecisionRecord[]> {
  return Promise.all(
    (await store.decisionsOf(word)).map(async (decision) => {
      const found = decision.recovery === undefined ? undefined : await store.recovery(decision.recovery);
      return { decision, ...(found && { recovery: told(found) }) };
    }),
  );
}

function told({ question, outcome, ...recovery }: Recovery): Told {
  const { id, attempt, state, openedAt, endedAt, steps, manual, cancelled } = recovery;
  const { question: _pins, ...ended } = outcome ?? {};
  return {
    id,
    attempt,
    state,
    openedAt,
    steps,
    ...(endedAt !== undefined && { endedAt }),
    ...(outcome && { outcome: { ...ended, result: outcome.result, reason: outcome.reason } }),
    ...(manual && { manual }),
    ...(cancelled && { cancelled }),
    ...(question && {
      question: {
        action: question.action,
        reason: question.reason,
        expiresAt: question.expiresAt,
        summary: question.plan.summary,
      },
    }),
  };
}
