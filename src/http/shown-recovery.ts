import { z } from 'zod';

const verdict = z.object({ ok: z.boolean(), reason: z.string() });
const plan = z.object({
  summary: z.string(),
  touches: z.array(z.string()).readonly(),
  change: z.unknown(),
  undo: z.string().exactOptional(),
});
const question = z.object({
  action: z.string(),
  plan,
  reason: z.string(),
  at: z.number(),
  expiresAt: z.number(),
});

/** Of a recovery, what people are shown; the API's answer is parsed with it. Instants are ms since the epoch. */
export const shownRecovery = z.object({
  id: z.string(),
  target: z.object({ key: z.string() }),
  procedure: z.object({ name: z.string(), mode: z.string() }),
  attempt: z.number(),
  state: z.enum(['open', 'ended']),
  openedAt: z.number(),
  attemptOpenedAt: z.number().exactOptional(),
  endedAt: z.number().exactOptional(),
  labels: z.record(z.string(), z.string()).readonly(),
  startsAt: z.number(),
  journal: z
    .array(
      z.object({
        phase: z.enum(['planned', 'applying', 'applied', 'verified', 'undoing', 'undone']),
        at: z.number(),
        plan,
        verdict: verdict.exactOptional(),
        helped: z.boolean().exactOptional(),
      }),
    )
    .readonly(),
  steps: z
    .array(
      z.object({
        action: z.string(),
        ended: z.string(),
        verdict,
        plan: z.object({ summary: z.string() }).exactOptional(),
        guardrails: z
          .array(z.object({ kind: z.string(), verdict }))
          .readonly()
          .exactOptional(),
      }),
    )
    .readonly(),
  outcome: z.object({ result: z.string(), reason: z.string(), page: z.literal(true).exactOptional() }).exactOptional(),
  question: question.exactOptional(),
  approval: question.extend({ by: z.string(), approvedAt: z.number() }).exactOptional(),
  cancelled: z.object({ by: z.string(), reason: z.string() }).exactOptional(),
  manual: z.object({ by: z.string(), reason: z.string(), overrides: z.array(z.string()).readonly() }).exactOptional(),
});
export type ShownRecovery = z.infer<typeof shownRecovery>;
export type ShownPlan = z.infer<typeof plan>;
