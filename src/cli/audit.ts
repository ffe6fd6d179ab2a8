import { z } from 'zod';
import { deeds } from '../domain/audit.ts';
import { parseDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { type Asked, askServer } from './ask-server.ts';

interface AuditArgs extends Asked {
  /** How far back, `24h` (the default). */
  readonly since?: string | undefined;
  readonly json: boolean;
  readonly out: (line: string) => void;
}

const entry = z.object({
  at: z.number(),
  who: z.string(),
  what: z.enum(deeds),
  recovery: z.string().optional(),
  target: z.string().optional(),
  text: z.string(),
  plan: z.object({ summary: z.string(), touches: z.array(z.string()) }).optional(),
  verdicts: z
    .array(z.object({ kind: z.string(), verdict: z.object({ ok: z.boolean(), reason: z.string() }) }))
    .optional(),
});
type Entry = z.infer<typeof entry>;

/** What the server gives at the most. */
const most = 10_000;

/** `paramedic audit --since 24h`: who did what, the newest last, as in a log. Throws UserError. */
export async function audit({ since = '24h', json, out, ...asked }: AuditArgs): Promise<number> {
  if (parseDuration(since) === undefined)
    throw new UserError(`--since takes a duration, as 30m, 24h or 7d, not ${JSON.stringify(since)}`);
  const answer = await askServer(asked, `audit?since=${encodeURIComponent(since)}&limit=${most}`);
  const { entries } = z.object({ entries: z.array(entry) }).parse(answer);
  if (json) out(JSON.stringify({ entries: entries.toReversed() }, null, 2));
  else auditText(entries.toReversed(), since).forEach((line) => out(line));
  return 0;
}

const when = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
/** One line each, whatever is in it. */
const plain = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

function auditText(entries: readonly Entry[], since: string): readonly string[] {
  if (entries.length === 0) return [`nobody did anything in the last ${since}`];
  const left = entries.length >= most ? [`only the newest ${most} are shown`] : [];
  return [...left, ...entries.flatMap(linesOf)].map(plain);
}

function linesOf({ at, who, what, recovery, target, text, plan, verdicts = [] }: Entry): readonly string[] {
  const about = [...(target === undefined ? [] : [target]), ...(recovery === undefined ? [] : [`(${recovery})`])];
  const more = (word: string, said: string): string => `    ${word.padEnd(14)}${said}`;
  return [
    `${when(at)}  ${who} ${what}${about.length === 0 ? '' : ` ${about.join(' ')}`}: ${text}`,
    ...(plan === undefined ? [] : [more('plan', plan.summary), more('touches', plan.touches.join(', '))]),
    ...verdicts.map(({ kind, verdict }) => more(kind, `${verdict.ok ? 'yes' : 'no'}, ${verdict.reason}`)),
  ];
}
