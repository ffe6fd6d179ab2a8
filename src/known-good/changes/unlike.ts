import { ourManager } from '../../domain/our-writes.ts';
import type { KnownGood, ObjectHistory, Remembered, Version } from '../../domain/known-good.ts';
import { kindOf } from '../../domain/object-key.ts';
import { isComparable } from '../content/content-of.ts';
import { partOfVersion } from '../keep/part-of-version.ts';

/** An object that is not as it was in a known-good. One of `good` and `is` is there. */
export interface Unlike {
  readonly history: ObjectHistory;
  /** Hash of what it was; absent: it was not there. */
  readonly good?: string;
  /** What it is; absent: it is gone. */
  readonly is?: Version;
}

export interface Moment {
  /** ms since the epoch */
  readonly now: number;
  /** How long a change is a suspect, ms. */
  readonly blameMs: number;
}

/** Platforms tell instants in whole seconds, and what is seen is seen late. ms */
const slackMs = 10_000;

/**
 * The objects that are not as they were in a known-good: its own, its nodes as far as they are there, and what came into
 * the target's graph since. What nothing is remembered of (its namespace was deleted) is not among them, nor is another
 * workload.
 */
export function unlike(remembered: Remembered, good: KnownGood, moment: Moment): readonly Unlike[] {
  const { objects: histories, graph, target } = remembered;
  const pairs = new Map<string, Unlike>();
  const compare = (key: string, goodHash: (history: ObjectHistory) => string | undefined): void => {
    const history = histories.get(key);
    if (history === undefined) return;
    const is = history.goneAt === undefined ? history.versions[0] : undefined;
    const hash = goodHash(history);
    if (hash !== undefined && is !== undefined && !isComparable(kindOf(key), hash, is.hash)) return;
    if (hash !== is?.hash) pairs.set(key, { history, ...(hash !== undefined && { good: hash }), ...(is && { is }) });
  };
  for (const [key, hash] of Object.entries(good.objects)) compare(key, () => hash);
  for (const [key, hash] of Object.entries(good.nodes))
    if (histories.get(key)?.goneAt === undefined) compare(key, (history) => nodeBefore(history, hash, moment));
  for (const one of graph)
    if (partOfVersion(target, one) === 'objects' && !Object.hasOwn(good.objects, one.key))
      compare(one.key, (history) => hashAt(history, good.seenAt - slackMs));
  return [...pairs.values()];
}

/** Whether all of a known-good can be compared with what is there: not Secrets that were sealed otherwise. */
export const isAllComparable = ({ objects: histories }: Remembered, good: KnownGood): boolean =>
  Object.entries(good.objects).every(([key, hash]) => {
    const is = histories.get(key)?.versions[0];
    return is === undefined || isComparable(kindOf(key), hash, is.hash);
  });

/**
 * What a node is compared with. A known-good goes on with its nodes as they are, and a taint hurts nobody before a pod has
 * to be placed: a version within the blame window is a suspect, so the one before it counts, where there is one.
 */
function nodeBefore({ versions }: ObjectHistory, hash: string, { now, blameMs }: Moment): string {
  const known = versions.find((one) => one.hash === hash);
  if (known === undefined || known.at <= now - blameMs || known.by === ourManager) return hash;
  return versions.find(({ at }) => at <= now - blameMs)?.hash ?? hash;
}

/**
 * What an object was that only came into the graph afterwards; undefined: it did not exist. One that was deleted and made
 * anew did not: while it existed it was in the graph, or it mattered to nobody.
 */
const hashAt = ({ versions }: ObjectHistory, at: number): string | undefined =>
  versions.find((one) => one.at <= at && one.uid === versions[0]?.uid)?.hash;
