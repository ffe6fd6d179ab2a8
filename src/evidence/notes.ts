import { ActionError, messageOf } from '../domain/errors.ts';
import type { Piece } from './bounds.ts';
import { plainText } from './plain-text.ts';
import { redact } from './redact.ts';

/** Bytes and number of the sentences that say what is missing. */
const longestSentence = 300;
const mostSentences = 40;

/** What is gathered while the time for it lasts. */
export interface Notes {
  readonly pieces: readonly Piece[];
  readonly missing: readonly string[];
  /**
   * Asks for `what`, a noun phrase, and waits for the answer while there is time. Undefined: there was none, and `missing`
   * says so. Never throws.
   */
  read<Value>(what: string, ask: (signal: AbortSignal) => Promise<Value>): Promise<Value | undefined>;
  /** Keeps a text: without secrets and control characters, and not at all when nothing is in it. */
  keep(piece: Piece): void;
  miss(sentence: string): void;
}

/** `over` aborts when the time is over; `withinMs` is for the sentence that says so. */
export function createNotes(over: AbortSignal, withinMs: number): Notes {
  const pieces: Piece[] = [];
  const missing = new Set<string>();
  const late = new Promise<typeof tooLate>((resolve) => {
    over.addEventListener('abort', () => resolve(tooLate), { once: true });
    if (over.aborted) resolve(tooLate);
  });
  const miss = (sentence: string): void => {
    // Cut after it is redacted: half a secret is one too.
    const said = redact(plainText(sentence).replaceAll('\n', ' '));
    if (missing.size < mostSentences)
      missing.add(said.length > longestSentence ? `${said.slice(0, longestSentence)}…` : said);
  };
  return {
    pieces,
    get missing() {
      return [...missing];
    },
    miss,
    keep(piece) {
      // What comes after the time is over would be in some evidence and not in other.
      if (over.aborted) return;
      const text = redact(plainText(piece.text).replace(/\n+$/, ''));
      if (text !== '') pieces.push({ ...piece, text });
    },
    async read(what, ask) {
      try {
        const answer = over.aborted ? tooLate : await Promise.race([late, ask(over)]);
        if (answer !== tooLate) return answer;
        miss(`${what}: no answer within ${withinMs / 1000} s`);
      } catch (error) {
        if (over.aborted) miss(`${what}: no answer within ${withinMs / 1000} s`);
        // It names the right that is missing, once for all that it is missing for.
        else if (error instanceof ActionError && error.reason === 'forbidden') miss(error.message);
        else miss(`${what}: ${messageOf(error)}`);
      }
      return undefined;
    },
  };
}

const tooLate = Symbol('too late');
