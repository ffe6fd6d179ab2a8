import { kindOf } from '../../domain/object-key.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KnownGoodStore } from '../../domain/known-good-store.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { clockTime } from '../changes/clock-time.ts';
import type { Recorder, SeenObject } from '../recorder.ts';
import { createObjectVersions } from './object-versions.ts';
import type { StampOptions } from './stamps.ts';
import { createTargetVersions } from './target-versions.ts';

export interface SessionOptions extends StampOptions {
  readonly store: KnownGoodStore;
  readonly clock: Clock;
  /** How many versions an object keeps, besides those that a known-good needs. */
  readonly versions: number;
  /** For how long a beat is good, and how long after it the next one is due, ms. */
  readonly leaseMs: number;
  readonly beatMs: number;
}

/** The memory of one place, while we are the ones who watch it. */
export interface PlaceSession {
  readonly recorder: Recorder;
  /**
   * Stamps, writes what is to be written, and tells the store that we watch. To be called a few times a second. False:
   * somebody else watches now, or the store has lost what was written: this session is over. Throws when Redis does not answer: nothing is lost, and it is
   * to be called again.
   */
  tick(): Promise<boolean>;
  /** The last tick, and the end of the watch. Throws as `tick` does. */
  close(): Promise<void>;
}

/** One version of an object in that time at most: of something that changes all the time the newest is kept, ms. */
const apartMs = 1_000;
/** A tick that comes this late finds a process that stood still, and saw nothing, ms. */
const stillMs = 15_000;
/** How often it is looked what has been healthy for long enough, ms. */
const stampMs = 1_000;
const hourMs = 3_600_000;
/** What has been gone for longer is forgotten, ms. */
const goneMs = 30 * 24 * hourMs;
/** Objects and targets in one write. */
const together = 100;

/** Begins with what the store has of it: `holder` has the place already. Throws when Redis does not answer. */
export async function openPlaceSession(place: string, holder: string, options: SessionOptions): Promise<PlaceSession> {
  const { store, clock, leaseMs, beatMs } = options;
  const kept = await store.load(place);
  const targets = createTargetVersions(kept.targets, options);
  const objects = createObjectVersions(kept.objects, {
    most: options.versions,
    apartMs,
    needed: (key, hash) => targets.needed(key, hash),
  });
  let written = 0;
  let forgotten: { readonly write: 'forget'; readonly what: 'object' | 'target'; readonly key: string }[] = [];
  let standing: Verdict = no(`the watch of ${place} has only just begun`);
  let told = standing;
  let interruptedAt: number | undefined;
  let beatAt = 0;
  let tickedAt: number | undefined;
  let trimAt = 0;
  let stampedAt = 0;

  const forget = (what: 'object' | 'target', key: string): void => {
    (what === 'object' ? objects : targets).forget(key);
    forgotten.push({ write: 'forget', what, key });
  };

  const gone = (key: string, at: number): void => {
    if (!objects.gone(key, at)) return;
    const now = clock.now();
    targets.changed(key, now);
    targets.went(key, now);
  };

  /** Namespaces that are gone, or others by now: they were deleted while nobody watched. Told before all that is in them. */
  const forgetEarlier = (all: readonly SeenObject[]): void => {
    const uids = new Map(all.map(({ key, version }) => [key, version.uid]));
    for (const key of objects.present('namespace'))
      if (uids.get(key) !== objects.uidOf(key)) recorder.forget(`${place}/${key.split('/').at(-1) ?? ''}/`);
  };

  const recorder: Recorder = {
    only(kinds) {
      for (const key of objects.under(`${place}/`)) if (!kinds.includes(kindOf(key))) forget('object', key);
    },
    replaced(kind, all) {
      if (kind === 'namespace') forgetEarlier(all);
      for (const object of all) recorder.seen(object);
      const listed = new Set(all.map(({ key }) => key));
      for (const key of objects.present(kind)) if (!listed.has(key)) gone(key, clock.now());
    },
    seen(object) {
      const now = clock.now();
      if (standing.ok && objects.uidOf(object.key) === undefined) targets.born(object.key);
      if (!objects.seen(object, now)) return;
      targets.changed(object.key, now);
      targets.came(object.key);
    },
    gone,
    graph: (target, graph) => targets.graph(target, graph, clock.now()),
    health: (target, wellSince) => targets.health(target, wellSince, clock.now()),
    forget(prefix) {
      for (const key of objects.under(prefix)) forget('object', key);
      for (const key of targets.under(prefix)) forget('target', key);
    },
    current() {
      if (standing.ok) return;
      interruptedAt = undefined;
      standing = yes(`${place} is watched`);
      targets.watched(clock.now());
    },
    interrupted(why) {
      targets.watched(undefined);
      interruptedAt ??= clock.now();
      const since = clockTime(interruptedAt, clock.now());
      standing = no(`the watch of ${place} is interrupted since ${since}: ${why}`);
    },
  };

  const trim = (now: number): void => {
    for (const target of targets.goneBefore(now - goneMs)) forget('target', target);
    const needed = targets.keysInKnownGoods();
    for (const key of objects.goneBefore(now - goneMs)) if (!needed.has(key)) forget('object', key);
  };

  const beat = async (current: Verdict): Promise<boolean> => {
    const at = clock.now();
    if (current.reason === told.reason && at - beatAt < beatMs) return true;
    const ours = await store.beat({ place, holder, written, begins: false, leaseMs, at, current });
    told = current;
    beatAt = at;
    return ours;
  };

  /** What is forgotten comes first: what has the same name is another one. */
  const flush = async (now: number): Promise<boolean> => {
    for (;;) {
      const leaving = forgotten;
      const changed = objects.toWrite(now, together);
      // A known-good is written after what it is made of.
      const after = changed.length < together ? targets.toWrite(together) : [];
      const writes = [...leaving, ...[...changed, ...after].map(({ write }) => write)];
      if (writes.length === 0) return true;
      forgotten = [];
      let done = false;
      try {
        done = await store.write({ place, holder, written }, writes);
      } finally {
        for (const { settled } of [...changed, ...after]) settled(done);
        if (!done) forgotten = [...leaving, ...forgotten];
      }
      if (!done) return false;
      written += 1;
      if (!(await beat(told))) return false;
    }
  };

  const tick = async (): Promise<boolean> => {
    const now = clock.now();
    if (tickedAt !== undefined && now - tickedAt > stillMs) {
      targets.watched(undefined);
      if (standing.ok) targets.watched(now);
    }
    tickedAt = now;
    if (now >= trimAt) {
      trim(now);
      trimAt = now + hourMs;
    }
    if (now - stampedAt >= stampMs || now < stampedAt) {
      targets.tick(now, objects.look);
      stampedAt = now;
    }
    // Not before what was told until now is written: whoever reads takes it for what is there.
    const current = standing;
    return (await flush(now)) && (await beat(current));
  };

  return {
    recorder,
    tick,
    async close() {
      if (standing.ok) targets.grow(clock.now());
      await tick();
      await store.letGo(place, holder);
    },
  };
}
