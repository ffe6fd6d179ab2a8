import type { Clients } from '../../domain/clients.ts';
import type { Change, Content, KnownGood, Remembered } from '../../domain/known-good.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { bestOf } from '../../known-good/changes/best.ts';
import { readChanges } from '../../known-good/changes/read-changes.ts';

/** How soon is asked again what is not known because nobody watches, ms. */
const againMs = 10_000;

/** What changed around a target since it was healthy last, and what is needed to put it back. */
export interface Recalled {
  readonly remembered: Remembered;
  readonly best: KnownGood;
  /** Key of each object that is not as it was → the hash of what it was; the empty string: it was not there. */
  readonly goods: ReadonlyMap<string, string>;
  /** By `contentKey`. */
  readonly contents: ReadonlyMap<string, Content>;
  readonly changes: readonly Change[];
  /** For how long after it a change is a suspect, ms. */
  readonly blameMs: number;
  /** With what Secrets were sealed that can be put back (`Sealing.id`); absent: none can. */
  readonly opens?: string;
  /** Slugs of the kinds that are only remembered because the configuration says so. */
  readonly others: readonly string[];
}

/** `unknown`: nothing can be said of what changed; else it is known that nothing did. `off`: nor was anybody to remember. */
export type Recall = Recalled | { readonly verdict: Verdict; readonly unknown: boolean; readonly off?: boolean };

export const isRecalled = (answer: Recall): answer is Recalled => 'best' in answer;

/** Reads what is remembered of the target. Throws when Redis does not answer. */
export async function recall(target: Pick<Target, 'key'>, { knownGood }: Clients): Promise<Recall> {
  const unknown = (reason: string, retryAfterMs?: number) => ({ verdict: no(reason, retryAfterMs), unknown: true });
  if (knownGood === undefined)
    return { ...unknown('nothing is remembered of how it was (known_good.enabled is false)'), off: true };
  const remembered = await knownGood.remembered(target.key);
  if (remembered === undefined) return unknown('nothing is remembered of how it was: it has not been watched yet');
  if (!remembered.current.ok) return unknown(`it is not known what changed: ${remembered.current.reason}`, againMs);
  const moment = { now: Date.now(), blameMs: knownGood.blameMs };
  const best = bestOf(remembered, moment);
  if ('ok' in best) return { verdict: best, unknown: remembered.knownGoods.length === 0 };
  const { others, contents, changes } = await readChanges(remembered, best, knownGood, moment);
  const goods = new Map(others.map(({ history, good = '' }) => [history.key, good]));
  return {
    remembered,
    best,
    goods,
    contents,
    changes,
    blameMs: moment.blameMs,
    ...(knownGood.secrets?.opens === true && { opens: knownGood.secrets.id }),
    others: (knownGood.others ?? []).map(({ slug }) => slug),
  };
}
