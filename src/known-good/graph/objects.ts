import type { Links } from './links.ts';

/** The objects of a cluster, by key and by the words of their index. */
export interface Objects {
  /** Answers the one that it replaces. */
  put(links: Links): Links | undefined;
  remove(key: string): Links | undefined;
  get(key: string): Links | undefined;
  all(): Iterable<Links>;
  /** Those found by a word of `words.ts`. */
  at(word: string): readonly Links[];
  /** There is such an object, or there was one since the watch began: what calls a Service that was deleted calls it still. */
  wasThere(key: string): boolean;
  /** The namespace was deleted: what was there was never there. */
  forget(namespace: string): void;
}

export function createObjects(): Objects {
  const byKey = new Map<string, Links>();
  const byWord = new Map<string, Set<string>>();
  const goneServices = new Map<string, string>();

  function remove(key: string): Links | undefined {
    const former = byKey.get(key);
    if (former === undefined) return undefined;
    byKey.delete(key);
    if (former.kind === 'service') goneServices.set(key, former.namespace);
    for (const word of former.foundBy) {
      const found = byWord.get(word);
      found?.delete(key);
      if (found?.size === 0) byWord.delete(word);
    }
    return former;
  }
  return {
    put(links) {
      const former = remove(links.key);
      byKey.set(links.key, links);
      goneServices.delete(links.key);
      for (const word of links.foundBy) byWord.set(word, (byWord.get(word) ?? new Set()).add(links.key));
      return former;
    },
    remove,
    get: (key) => byKey.get(key),
    all: () => byKey.values(),
    at: (word) => [...(byWord.get(word) ?? [])].map((key) => byKey.get(key)).filter((links) => links !== undefined),
    wasThere: (key) => byKey.has(key) || goneServices.has(key),
    forget(namespace) {
      for (const [key, home] of goneServices) if (home === namespace) goneServices.delete(key);
    },
  };
}
