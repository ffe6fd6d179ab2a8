import type { Dependency } from '../../domain/known-good.ts';
import type { KeepWrite, KeptTarget } from '../../domain/known-good-store.ts';
import { createStamps, type Look, type StampOptions, type Stamps } from './stamps.ts';

interface One {
  readonly stamps: Stamps;
  graph: readonly Dependency[];
  goneAt: number | undefined;
  /** The graph, or whether it is there, is not in the store yet. */
  graphDirty: boolean;
  neverWell: boolean;
}

/** A write, and what its end means for us. */
export interface TargetWrite {
  readonly write: Extract<KeepWrite, { write: 'target' }>;
  readonly settled: (written: boolean) => void;
}

/** How many objects that have just been made are remembered until it is known what they are. */
const mostBorn = 1_000;

/** All targets of a place. Times are in ms since the epoch. */
export interface TargetVersions {
  /** As `Recorder.graph`. */
  graph(target: string, graph: readonly Dependency[] | undefined, now: number): void;
  /** As `Recorder.health`. */
  health(target: string, wellSince: number | undefined, now: number): void;
  /** The object of that name is there for the first time, which may be a target. */
  born(key: string): void;
  /** An object changed, came or went: so did what depends on it. */
  changed(key: string, now: number): void;
  /** The object of that name went, which may be a target: nothing else is known of that. */
  went(key: string, now: number): void;
  /** It is there. */
  came(key: string): void;
  watched(since: number | undefined): void;
  tick(now: number, look: Look): void;
  /** What is healthy was so until now; for the end of the process. */
  grow(now: number): void;
  /** Whether a known-good has that version of that object. */
  needed(key: string, hash: string): boolean;
  /** Keys of all objects that a known-good has. */
  keysInKnownGoods(): ReadonlySet<string>;
  /** Keys of all that begin with it. */
  under(prefix: string): readonly string[];
  /** Keys of those that have been gone since before that. */
  goneBefore(at: number): readonly string[];
  forget(target: string): void;
  /** At most so many; each has to be settled before more is asked for. */
  toWrite(most: number): readonly TargetWrite[];
}

/** Begins with what the store has. */
export function createTargetVersions(kept: readonly KeptTarget[], options: StampOptions): TargetVersions {
  const targets = new Map<string, One>();
  /** Key of an object → targets that have it in their graph or in a known-good, and some that had. */
  const dependents = new Map<string, Set<string>>();
  /** Of which something may not be in the store: the others are not looked at. */
  const unsaved = new Set<string>();
  const stampsOf = (one: KeptTarget): Stamps => createStamps(one, options, () => void unsaved.add(one.target));

  const depend = (target: string, keys: Iterable<string>): void => {
    for (const key of keys) {
      const known = dependents.get(key);
      if (known === undefined) dependents.set(key, new Set([target]));
      else known.add(target);
    }
  };
  for (const one of kept) {
    const { target, graph, goneAt, knownGoods } = one;
    targets.set(target, { stamps: stampsOf(one), graph, goneAt, graphDirty: false, neverWell: one.neverWell === true });
    depend(target, [
      ...graph.map(({ key }) => key),
      ...knownGoods.flatMap((good) => [...Object.keys(good.objects), ...Object.keys(good.nodes)]),
    ]);
  }
  let watchedSince: number | undefined;
  /** Objects that were made while we watched, and may be targets. */
  const born = new Set<string>();
  const known = (target: string): One => {
    const before = targets.get(target);
    if (before !== undefined) return before;
    const stamps = stampsOf({ target, graph: [], knownGoods: [] });
    // One that came later is watched as well.
    stamps.watched(watchedSince);
    const one = { stamps, graph: [], goneAt: undefined, graphDirty: false, neverWell: born.delete(target) };
    targets.set(target, one);
    return one;
  };
  const ofDependents = (key: string): One[] =>
    [...(dependents.get(key) ?? [])].flatMap((target) => targets.get(target) ?? []);

  const leave = (target: string, now: number): void => {
    const one = targets.get(target);
    if (one === undefined || one.goneAt !== undefined) return;
    // That it went is a change, not a failure of what it was.
    one.stamps.changed(target, now);
    one.goneAt = now;
    one.graphDirty = true;
    unsaved.add(target);
  };

  return {
    graph(target, graph, now) {
      if (graph === undefined) {
        leave(target, now);
        targets.get(target)?.stamps.health(undefined, now);
        return;
      }
      const one = known(target);
      one.stamps.graph(graph, now);
      one.graph = graph;
      one.goneAt = undefined;
      one.graphDirty = true;
      unsaved.add(target);
      depend(
        target,
        graph.map(({ key }) => key),
      );
    },
    health(target, wellSince, now) {
      const one = known(target);
      one.stamps.health(wellSince, now);
      if (wellSince === undefined || !one.neverWell) return;
      one.neverWell = false;
      one.graphDirty = true;
      unsaved.add(target);
    },
    born(key) {
      born.add(key);
      // Most are no targets: what its graph has not followed by then is none.
      for (const oldest of born) if (born.size > mostBorn) born.delete(oldest);
    },
    changed(key, now) {
      for (const { stamps } of ofDependents(key)) stamps.changed(key, now);
    },
    watched(since) {
      watchedSince = since;
      for (const { stamps } of targets.values()) stamps.watched(since);
    },
    tick(now, look) {
      for (const { stamps } of targets.values()) stamps.tick(now, look);
    },
    grow(now) {
      for (const { stamps } of targets.values()) stamps.grow(now);
    },
    went: leave,
    came(key) {
      const one = targets.get(key);
      if (one?.goneAt === undefined) return;
      one.goneAt = undefined;
      one.graphDirty = true;
      unsaved.add(key);
    },
    needed: (key, hash) =>
      ofDependents(key).some(({ stamps }) =>
        stamps.knownGoods().some(({ objects, nodes }) => objects[key] === hash || nodes[key] === hash),
      ),
    keysInKnownGoods() {
      const keys = new Set<string>();
      for (const { stamps } of targets.values()) {
        for (const { objects, nodes } of stamps.knownGoods()) {
          for (const key of [...Object.keys(objects), ...Object.keys(nodes)]) keys.add(key);
        }
      }
      return keys;
    },
    under: (prefix) => [...targets.keys()].filter((target) => target.startsWith(prefix)),
    goneBefore: (at) =>
      [...targets].flatMap(([target, { goneAt }]) => (goneAt !== undefined && goneAt < at ? [target] : [])),
    forget(target) {
      targets.delete(target);
      unsaved.delete(target);
      for (const [key, those] of dependents) if (those.delete(target) && those.size === 0) dependents.delete(key);
    },
    toWrite(most) {
      const writes: TargetWrite[] = [];
      for (const target of unsaved) {
        unsaved.delete(target);
        const one = targets.get(target);
        if (one === undefined) continue;
        const ofStamps = one.stamps.take();
        const { graph, goneAt, graphDirty } = one;
        if (ofStamps === undefined && !graphDirty) continue;
        one.graphDirty = false;
        const whole = {
          target,
          graph,
          knownGoods: one.stamps.knownGoods(),
          ...(goneAt !== undefined && { goneAt }),
          ...(one.neverWell && { neverWell: true as const }),
        };
        writes.push({
          write: {
            write: 'target',
            kept: whole,
            graph: graphDirty,
            fresh: ofStamps?.fresh ?? [],
            ...(ofStamps?.calm && { calm: ofStamps.calm }),
          },
          settled(written) {
            if (written || targets.get(target) !== one) return;
            one.graphDirty ||= graphDirty;
            unsaved.add(target);
            if (ofStamps !== undefined) one.stamps.giveBack(ofStamps);
          },
        });
        if (writes.length === most) break;
      }
      return writes;
    },
  };
}
