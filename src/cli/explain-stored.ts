import { z } from 'zod';
import { type Asked, askServer } from './ask-server.ts';
import { storedText } from './stored-text.ts';

interface StoredArgs extends Asked {
  readonly json: boolean;
  readonly out: (line: string) => void;
}

/** `paramedic explain FINGERPRINT|EPISODE|RECOVERY`: what the server decided, and what came of it. Throws UserError. */
export async function explainStored(word: string, { json, out, ...asked }: StoredArgs): Promise<number> {
  const answer = await askServer(asked, `decisions/${encodeURIComponent(word)}`);
  if (json) out(JSON.stringify(answer, null, 2));
  else
    storedText(z.object({ decisions: z.array(record) }).parse(answer).decisions, Date.now()).forEach((line) =>
      out(line),
    );
  return 0;
}

const said = z.object({ ok: z.boolean(), reason: z.string() });
const record = z.object({
  decision: z.object({
    episode: z.string(),
    alertname: z.string(),
    fingerprint: z.string(),
    decision: z.enum(['recover', 'none']),
    reason: z.string(),
    playbook: z.string().optional(),
    target: z.object({ key: z.string() }).optional(),
    mode: z.enum(['observe', 'approve', 'act']),
    at: z.number(),
    count: z.number(),
  }),
  recovery: z
    .object({
      id: z.string(),
      attempt: z.number(),
      state: z.enum(['open', 'ended']),
      endedAt: z.number().optional(),
      steps: z.array(
        z.object({
          action: z.string(),
          ended: z.string(),
          verdict: said,
          plan: z.object({ summary: z.string() }).optional(),
          guardrails: z.array(z.object({ kind: z.string(), verdict: said })).optional(),
        }),
      ),
      outcome: z.object({ result: z.string(), reason: z.string() }).optional(),
      question: z.object({ summary: z.string(), reason: z.string(), expiresAt: z.number() }).optional(),
    })
    .optional(),
});
/** What the server tells of one decision. */
export type Stored = z.infer<typeof record>;
