import { randomBytes } from 'node:crypto';
import type { Answer } from './page-frame.ts';

export interface OneTimeAnswers {
  /** A ticket that nobody can guess. */
  keep(answer: Answer): string;
  /** Once; undefined for whatever is no ticket (any more). */
  take(ticket: unknown): Answer | undefined;
}

/** Answers between a POST and the page it leads to: a link can not put words into our page's mouth. The last `most` stay. */
export function oneTimeAnswers(most = 100): OneTimeAnswers {
  const kept = new Map<string, Answer>();
  return {
    keep(answer) {
      const ticket = randomBytes(16).toString('base64url');
      kept.set(ticket, answer);
      for (const old of [...kept.keys()].slice(0, -most)) kept.delete(old);
      return ticket;
    },
    take(ticket) {
      if (typeof ticket !== 'string') return undefined;
      const answer = kept.get(ticket);
      kept.delete(ticket);
      return answer;
    },
  };
}
