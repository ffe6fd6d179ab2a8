import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { oneLine } from '../http/visible.ts';
import { type Asked, askServer } from './ask-server.ts';
import { diffText, fullAnswer, listText, shortAnswer, showText } from './known-good-text.ts';

interface Said extends Asked {
  readonly json?: boolean | undefined;
  /** ms since the epoch; the present when absent. */
  readonly now?: number | undefined;
  readonly out: (line: string) => void;
}

const usage = `usage: paramedic known-good list [--json]
       paramedic known-good show|diff TARGET [--json]
TARGET is a key, or the end of one: kubernetes/prod/shop/deployment/web, shop/deployment/web`;

/**
 * `paramedic known-good list|show|diff`: what is remembered of healthy times, and what changed since, asked of the server
 * that runs. Throws UserError with the usage, or a refusal.
 */
export async function knownGood(args: readonly string[], said: Said): Promise<number> {
  const [verb, target, ...more] = args;
  const now = said.now ?? Date.now();
  if (more.length > 0) throw new UserError(usage);
  if (verb === 'list' && target === undefined) {
    const answer = await askServer(said, 'known-good');
    return tell(said, answer, () => listText(z.object({ targets: z.array(shortAnswer) }).parse(answer).targets, now));
  }
  if (target === undefined || (verb !== 'show' && verb !== 'diff')) throw new UserError(usage);
  const answer = await askServer(said, `known-good/${encodeURIComponent(target)}`);
  if (verb === 'show') return tell(said, answer, () => showText(fullAnswer.parse(answer), now));
  const { knownGoods: _all, graph: _graph, ...diff } = z.looseObject({}).parse(answer);
  return tell(said, diff, () => diffText(fullAnswer.parse(answer), now));
}

function tell({ json, out }: Said, answer: unknown, text: () => readonly string[]): number {
  if (json === true) out(JSON.stringify(answer, null, 2));
  else for (const line of text()) out(oneLine(line));
  return 0;
}
