import type { Question } from '../domain/approval.ts';
import type { Plan } from '../domain/plan.ts';
import type { Entry, Recovery } from '../domain/recovery.ts';
import { redactJson } from '../evidence/redact.ts';

/**
 * A recovery as it may be shown: without the secrets in what its plans pin and in the states of its target. Both may
 * hold what users have written, and whoever may read about a recovery need not be able to read all of that.
 */
export function withoutSecrets(recovery: Recovery): Recovery {
  const { journal, outcome, question, approval, ...rest } = recovery;
  const asked = outcome?.question;
  return {
    ...rest,
    journal: journal.map(entryOf),
    ...(outcome && { outcome: { ...outcome, ...(asked && { question: withPlan(asked) }) } }),
    ...(question && { question: withPlan(question) }),
    ...(approval && { approval: withPlan(approval) }),
  };
}

const planOf = (plan: Plan): Plan => ({ ...plan, change: redactJson(plan.change) });

const withPlan = <Asked extends Question>(asked: Asked): Asked => ({ ...asked, plan: planOf(asked.plan) });

const entryOf = (entry: Entry): Entry => ({
  ...entry,
  plan: planOf(entry.plan),
  ...('before' in entry && { before: redactJson(entry.before) }),
});
