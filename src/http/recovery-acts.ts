import type { Verdict } from '../domain/verdict.ts';
import type { HttpDeps } from './deps.ts';
import type { Act } from './standing.ts';

export interface Spoken {
  /** A login. */
  readonly by: string;
  readonly reason: string;
  /** When the question was put that is answered, ms since the epoch; absent: whichever is put now. */
  readonly asked?: number | undefined;
}

type ActDeps = Pick<HttpDeps, 'recoveries' | 'brakes'>;

/**
 * Does what somebody said of a recovery. Undefined: there is none of that id. A yes or a no to another question than the
 * one that is put now is refused: nobody approves a plan that he has not seen.
 */
export async function act(
  name: Act,
  id: string,
  { by, reason, asked }: Spoken,
  { recoveries, brakes }: ActDeps,
): Promise<Verdict | undefined> {
  const acts: Readonly<Record<Act, () => Promise<Verdict>>> = {
    approve: () => recoveries.approve(id, by, asked),
    reject: () => recoveries.reject(id, by, reason, asked),
    cancel: () => recoveries.cancel(id, by, reason),
    retry: () => recoveries.retry(id, by),
    ack: () => brakes.acknowledge(id, by),
  };
  const verdict = await acts[name]();
  // The brakes say themselves what they do not know.
  if (name === 'ack') return verdict;
  return verdict.ok || (await recoveries.show(id)) !== undefined ? verdict : undefined;
}
