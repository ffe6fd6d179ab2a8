import { ourManager } from '../../domain/our-writes.ts';
import type { ObjectHistory } from '../../domain/known-good.ts';

/** Somebody who takes back what we put back, each time. */
export interface Fight {
  /** The field manager; the empty string: nobody is known. */
  readonly by: string;
  /** How often, at least 2. */
  readonly times: number;
}

const dayMs = 86_400_000;

/**
 * Whether somebody overwrote, or deleted, one object at least twice in the last 24 h after we had put its good version
 * back, or a part of it: then to put it back again helps nobody. `by`: who did it last. What we took back ourselves does not count.
 */
export function fightOver({ versions, goneAt }: ObjectHistory, goodHash: string, now: number): Fight | undefined {
  let isOurs = false;
  let ours = '';
  /** Hashes that others have written: when we write one of them that is not the good one, we take back what we did. */
  const theirs = new Set<string>();
  const overwritten: { readonly at: number; readonly by: string }[] = [];
  let uid = '';
  for (const version of versions.toReversed()) {
    const byUs = version.by === ourManager;
    // Put back again as another instance: it was deleted in between.
    const isTaken = byUs
      ? version.hash === goodHash && version.uid !== uid
      : version.hash !== goodHash && version.hash !== ours;
    if (isOurs && isTaken) overwritten.push({ at: version.at, by: byUs ? '' : version.by });
    if (byUs) {
      isOurs = version.hash === goodHash || !theirs.has(version.hash);
      ours = version.hash;
    } else {
      if (isTaken) isOurs = false;
      theirs.add(version.hash);
    }
    uid = version.uid;
  }
  if (isOurs && goneAt !== undefined) overwritten.push({ at: goneAt, by: '' });
  const lately = overwritten.filter(({ at }) => at > now - dayMs);
  const last = lately.at(-1);
  return last && lately.length >= 2 ? { by: last.by, times: lately.length } : undefined;
}
