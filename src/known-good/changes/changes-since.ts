import { ourManager } from '../../domain/our-writes.ts';
import { isDeepStrictEqual } from 'node:util';
import { type Change, type Content, contentKey, type Remembered, type Version } from '../../domain/known-good.ts';
import { comparable } from '../content/comparable.ts';
import { valueAt } from '../content/path.ts';
import { differences } from './compare.ts';
import { kindOf } from '../../domain/object-key.ts';
import type { Unlike } from './unlike.ts';

/** By `contentKey`. */
export type Contents = ReadonlyMap<string, Content>;

/** The contents that `changesSince` needs of what is `unlike` a known-good, to be asked of the memory. */
export function wantedContents(others: readonly Unlike[]): readonly { readonly key: string; readonly hash: string }[] {
  return others.flatMap(({ history: { key, versions }, good: hash, is }) => {
    const oldest = versions.findLastIndex((one) => one.hash === hash);
    const between = versions.slice(0, oldest < 0 ? versions.length : oldest).map((one) => one.hash);
    const wanted = [...(hash === undefined ? [] : [hash]), ...(is === undefined ? [] : [is.hash])];
    if (hash !== undefined && is !== undefined) wanted.push(...between);
    return [...new Set(wanted)].map((one) => ({ key, hash: one }));
  });
}

/**
 * What is not as it was in a known-good (`others`, which are `unlike` it), in no order: a `Change` for each path of what is there and was, one with an empty
 * path for what came or went. What is never compared in a kind is no change, so there can be none. When the content of one side is kept no more, there is one for the whole object, without it.
 */
export function changesSince(remembered: Remembered, others: readonly Unlike[], contents: Contents): readonly Change[] {
  const distances = new Map(remembered.graph.map(({ key, distance }) => [key, distance]));
  return others.flatMap((one) => {
    const object = one.history.key;
    const distance = distances.get(object) ?? (object === remembered.target ? 0 : 1);
    return changesOf(one, contents).map((change) => ({ ...change, object, distance }));
  });
}

type Found = Omit<Change, 'object' | 'distance'>;

function changesOf({ history: { key, versions, goneAt = 0 }, good, is }: Unlike, contents: Contents): readonly Found[] {
  const contentOf = (hash: string | undefined): Content | undefined =>
    hash === undefined ? undefined : contents.get(contentKey(key, hash));
  const [before, after] = [contentOf(good), contentOf(is?.hash)];
  const whole = { path: '', ...(before && { before }), ...(after && { after }) };
  // Who deletes something leaves no name.
  if (is === undefined) return [{ what: 'disappeared', ...whole, at: goneAt, by: '' }];
  const since = (isAsNow: (version: Version) => boolean): Pick<Change, 'at' | 'by'> => {
    const { at, by } = sinceWhen(is, versions, isAsNow);
    return { at, by };
  };
  if (good === undefined) return [{ what: 'appeared', ...whole, ...since(({ uid }) => uid === is.uid) }];
  if (!before || !after) return [{ what: 'changed', ...whole, ...since(({ hash }) => hash === is.hash) }];
  const kind = kindOf(key);
  return differences(comparable(kind, before), comparable(kind, after)).map((one) => ({
    what: 'changed',
    ...one,
    ...since(({ hash }) => {
      if (hash === is.hash) return true;
      const content = contentOf(hash);
      return content !== undefined && isDeepStrictEqual(valueAt(comparable(kind, content), one.path), one.after);
    }),
  }));
}

/**
 * The version in which it became as it is: the oldest of those, the newest on, that are all as now. Where that is of our
 * own making and puts back what we had taken away ourselves, it is the one of him who made it so before.
 */
function sinceWhen(newest: Version, versions: readonly Version[], isAsNow: (version: Version) => boolean): Version {
  let since = newest;
  let isBroken = false;
  for (const version of versions.slice(1)) {
    if (isAsNow(version)) {
      since = version;
      isBroken = false;
    } else {
      const byUs = isBroken ? version.by === ourManager : version.by === ourManager && since.by === ourManager;
      if (!byUs) return since;
      isBroken = true;
    }
  }
  return since;
}
