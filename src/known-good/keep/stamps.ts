import { createHash } from 'node:crypto';
import type { Dependency, KnownGood } from '../../domain/known-good.ts';
import type { KeepWrite, KeptTarget } from '../../domain/known-good-store.ts';
import { type Part, partOfVersion } from './part-of-version.ts';
import { worthKeeping } from './worth-keeping.ts';

export interface StampOptions {
  /** For how long a target has to be well, and its graph unchanged, before that counts, ms. */
  readonly afterMs: number;
  /** A known-good that was gone back from, because it failed, is one again after as long, ms. */
  readonly blameMs: number;
  /** How many known-goods a target keeps. */
  readonly most: number;
}

/** How an object looks now; `kept`: its content is in the store. Undefined: it is not there. */
export type Look = (key: string) => { readonly hash: string; readonly kept: boolean } | undefined;

/** What the store does not have yet, but for the graph. */
export type Unsaved = Pick<Extract<KeepWrite, { write: 'target' }>, 'fresh' | 'calm'>;

/** The known-goods of one target. Every `now` and time is in ms since the epoch. */
export interface Stamps {
  /** Another graph is another version, unless only nodes and other workloads differ. */
  graph(graph: readonly Dependency[], now: number): void;
  /** An object changed, came or went. */
  changed(key: string, now: number): void;
  /** As `Recorder.health`. */
  health(wellSince: number | undefined, now: number): void;
  /** Since when everything is told; undefined: not any more, and what was not seen does not count. */
  watched(since: number | undefined): void;
  /** Time went on, and nobody said anything else. */
  tick(now: number, look: Look): void;
  /** Healthy until now; for the end of the process. */
  grow(now: number): void;
  knownGoods(): readonly KnownGood[];
  /** What to save, once; undefined: nothing. */
  take(): Unsaved | undefined;
  /** It could not be saved: it is taken again. */
  giveBack(what: Unsaved): void;
}

/**
 * Of healthy time at most this is lost when the process dies, ms: whatever ends a stretch saves it at once, and so does who
 * ends us. More often, and most of our time would go into telling the store that all is as well as it was.
 */
const saveMs = 300_000;
/** How long other nodes have to be its nodes, or be as they are, before the known-good has them so, ms. */
const nodesMs = 60_000;

/**
 * Decides when a version of a target's graph is known to be good. A stretch of health begins when the target is well, is
 * watched, and nothing of the version changed since. From `afterMs` on it counts, from its beginning: as another known-good,
 * or as more time in health of one of the same content. It ends with a change, or when the target is not well any more.
 * `onUnsaved`: there is something to take.
 */
export function createStamps(
  kept: KeptTarget,
  { afterMs, blameMs, most }: StampOptions,
  onUnsaved: () => void = () => undefined,
): Stamps {
  const { target } = kept;
  const partsOf = (graph: readonly Dependency[]): ReadonlyMap<string, Part> =>
    new Map(graph.map((one) => [one.key, partOfVersion(target, one)]));
  let known = kept.knownGoods;
  let parts = partsOf(kept.graph);
  let wellSince: number | undefined;
  let watchedSince: number | undefined;
  /** When the version changed last. */
  let changedAt = 0;
  /** The stretch that counts; `countedTo`: what is in `healthMs` already. */
  let stretch: { readonly id: string; readonly from: number; countedTo: number } | undefined;
  let fresh = new Set<string>();
  let calm: Unsaved['calm'];
  let dirty = false;
  /** Since when its nodes are not those that the known-good has. */
  let nodesSince: number | undefined;

  const begin = (): number | undefined =>
    wellSince === undefined || watchedSince === undefined ? undefined : Math.max(wellSince, watchedSince, changedAt);

  const update = (id: string, change: (one: KnownGood) => KnownGood): void => {
    known = worthKeeping(
      known.map((one) => (one.id === id ? change(one) : one)),
      most,
      blameMs,
    );
    dirty = true;
    onUnsaved();
  };

  const grow = (until: number): void => {
    if (stretch === undefined || until <= stretch.countedTo) return;
    const { id, countedTo } = stretch;
    stretch.countedTo = until;
    calm = { id, until, blameMs };
    update(id, ({ demotedAt, ...one }) => ({
      ...one,
      healthMs: one.healthMs + until - countedTo,
      seenAt: until,
      ...(demotedAt !== undefined && until - demotedAt <= blameMs && { demotedAt }),
    }));
  };

  const change = (now: number): void => {
    grow(now);
    stretch = undefined;
    changedAt = now;
  };

  /** How the graph looks now; undefined: it can not be gone back to yet. */
  const present = (look: Look): Pick<KnownGood, 'objects' | 'nodes'> | undefined => {
    const found: { objects: Record<string, string>; nodes: Record<string, string> } = { objects: {}, nodes: {} };
    for (const [key, part] of parts) {
      const seen = part === 'others' ? undefined : look(key);
      if (part === 'others' || seen === undefined) continue;
      if (!seen.kept) return undefined;
      found[part][key] = seen.hash;
    }
    return found.objects[target] === undefined ? undefined : found;
  };

  const stamp = (from: number, now: number, look: Look): void => {
    const found = present(look);
    if (found === undefined) return;
    const id = idOf(found.objects);
    const before = known.find((one) => one.id === id);
    const healthMs = (before?.healthMs ?? 0) + now - from;
    const stamped = { stampedAt: now, ...before, id, seenAt: now, healthMs, ...found };
    known = worthKeeping([...known.filter((one) => one.id !== id), stamped], most, blameMs);
    stretch = { id, from, countedTo: now };
    nodesSince = undefined;
    calm = { id, until: now, blameMs };
    fresh.add(id);
    dirty = true;
    onUnsaved();
  };

  return {
    graph(graph, now) {
      const before = parts;
      parts = partsOf(graph);
      if (listOf(parts, 'objects') !== listOf(before, 'objects')) change(now);
      if (listOf(parts, 'nodes') !== listOf(before, 'nodes')) nodesSince ??= now;
    },
    changed(key, now) {
      const part = parts.get(key);
      if (part === 'objects') change(now);
      if (part === 'nodes') nodesSince ??= now;
    },
    health(since, now) {
      wellSince = since;
      if (stretch === undefined) return;
      const from = begin();
      if (from !== undefined && from <= stretch.from) return;
      grow(Math.min(now, from ?? now));
      stretch = undefined;
    },
    watched(since) {
      watchedSince = since;
      if (since === undefined) stretch = undefined;
    },
    tick(now, look) {
      const from = begin();
      if (from === undefined || now - from < afterMs) return;
      if (stretch === undefined) stamp(from, now, look);
      else if (now - stretch.countedTo >= saveMs || (nodesSince !== undefined && now - nodesSince >= nodesMs)) {
        const { id } = stretch;
        grow(now);
        const nodes = present(look)?.nodes;
        nodesSince = nodes === undefined ? now : undefined;
        if (nodes === undefined || sameMap(nodes, known.find((one) => one.id === id)?.nodes ?? {})) return;
        update(id, (one) => ({ ...one, nodes }));
        fresh.add(id);
      }
    },
    grow,
    knownGoods: () => known,
    take() {
      if (!dirty) return undefined;
      const ids = new Set(known.map(({ id }) => id));
      const taken = { fresh: [...fresh].filter((id) => ids.has(id)), ...(calm && { calm }) };
      fresh = new Set();
      calm = undefined;
      dirty = false;
      return taken;
    },
    giveBack(what) {
      for (const id of what.fresh) fresh.add(id);
      calm ??= what.calm;
      dirty = true;
      onUnsaved();
    },
  };
}

const sameMap = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([key, hash]) => other[key] === hash);

const listOf = (parts: ReadonlyMap<string, Part>, wanted: Part): string =>
  [...parts]
    .flatMap(([key, part]) => (part === wanted ? [key] : []))
    .toSorted()
    .join('\n');

/** 32 hex digits of the version of a graph: of the keys and hashes of its objects, in the order of the keys. */
function idOf(objects: Readonly<Record<string, string>>): string {
  const lines = Object.entries(objects).map(([key, hash]) => `${key} ${hash}`);
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 32);
}
