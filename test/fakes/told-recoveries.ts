import type { Recovery } from '../../src/domain/recovery.ts';
import { no, type Verdict, yes } from '../../src/domain/verdict.ts';
import type { HttpDeps } from '../../src/http/deps.ts';

/** What the HTTP side has behind it: these recoveries, and a note of all it was told. `verdict` answers every word. */
export function toldRecoveries(all: readonly Recovery[], evidence: Readonly<Record<string, string>> = {}) {
  const told: unknown[][] = [];
  const state: { verdict: Verdict } = { verdict: yes('r_1 is done with') };
  const hear = async (...words: unknown[]): Promise<Verdict> => {
    const [verb, id] = words;
    if (verb !== 'recover' && !all.some((one) => one.id === id)) return no(`there is no recovery ${String(id)}`);
    told.push(words);
    return state.verdict;
  };
  /** As the store does it: an answer to another question than the one that is put now is none. */
  const answer = async (id: string, asked: number | undefined, words: readonly unknown[]): Promise<Verdict> => {
    const question = all.find((one) => one.id === id)?.question;
    if (asked === undefined || question?.at === asked) return hear(...words);
    return no('This is not the question any more that you were shown: look at it again');
  };
  const recoveries: HttpDeps['recoveries'] = {
    list: async () => all,
    show: async (id) => all.find((one) => one.id === id),
    evidence: async (id) => evidence[id],
    approve: (id, by, asked) => answer(id, asked, ['approve', id, by]),
    reject: (id, by, reason, asked) => answer(id, asked, ['reject', id, by, reason]),
    cancel: (...words) => hear('cancel', ...words),
    retry: (...words) => hear('retry', ...words),
    recover: async (...words) => ({ ...(await hear('recover', ...words)), recovery: 'r_new' }),
  };
  const brakes: HttpDeps['brakes'] = {
    read: async () => ({ pauses: [], latches: [] }),
    pause: async () => no('not here'),
    resume: async () => no('not here'),
    acknowledge: (...words) => hear('ack', ...words),
  };
  return { deps: { recoveries, brakes }, told, state };
}
