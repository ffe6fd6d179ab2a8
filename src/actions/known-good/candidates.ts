import { type Change, hashNow } from '../../domain/known-good.ts';
import { type Burst, burstsOf } from '../../known-good/changes/bursts.ts';
import { isRunning, objectName } from '../../domain/object-key.ts';
import { type Asked, leftAlone } from './left-alone.ts';
import type { Restoration } from './put-back.ts';

/** How many bursts are undone one by one before everything is put back together. */
const mostBursts = 3;

/** One answer to "what if that had not been changed?". */
export interface Candidate {
  readonly id: string;
  readonly changes: readonly Change[];
  readonly restorations: readonly Restoration[];
}

export interface Found {
  readonly candidates: readonly Candidate[];
  /** What is not put back, a sentence each, and why. */
  readonly left: readonly string[];
  /** All that may be put back. */
  readonly changes: readonly Change[];
}

/**
 * The newest burst undone, then the next ones, then everything together. `concerns`: whether a change can be why the target
 * is ill; the others are not spoken of.
 */
export function findCandidates(asked: Asked, concerns: (change: Change) => boolean): Found {
  const { recalled } = asked;
  const left = new Set<string>();
  const changes = recalled.changes.filter(concerns).filter((change) => {
    const why = leftAlone(change, asked);
    if (why !== undefined) left.add(`${objectName(change.object)} was changed and is left as it is: ${why}`);
    return why === undefined;
  });
  const bursts = burstsOf(changes);
  const one = ({ id, changes: some }: Pick<Burst, 'id' | 'changes'>): Candidate => ({
    id,
    changes: some,
    restorations: restorationsOf(some, asked),
  });
  const all = bursts.length > 1 ? [one({ id: 'all', changes })] : [];
  return { candidates: [...bursts.slice(0, mostBursts).map(one), ...all], left: [...left], changes };
}

/** What makes what was, object by object: what others are made of first, the workload last. */
export function restorationsOf(
  changes: readonly Change[],
  { recalled }: Pick<Asked, 'recalled'>,
): readonly Restoration[] {
  const { remembered, goods } = recalled;
  const paths = new Map<string, string[]>();
  for (const { object, path } of changes) paths.set(object, [...(paths.get(object) ?? []), path]);
  return [...paths.keys()].toSorted(byOrder).map((key) => ({
    key,
    uid: hashNow(remembered, key) === undefined ? '' : (remembered.objects.get(key)?.versions[0]?.uid ?? ''),
    from: hashNow(remembered, key) ?? '',
    to: goods.get(key) ?? '',
    paths: (paths.get(key) ?? []).toSorted(),
  }));
}

const byOrder = (a: string, b: string): number => Number(isRunning(a)) - Number(isRunning(b)) || (a < b ? -1 : 1);
