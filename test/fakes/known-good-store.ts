import { contentKey, type Content, type ObjectHistory } from '../../src/domain/known-good.ts';
import type { KeepWrite, KeptTarget, KnownGoodStore } from '../../src/domain/known-good-store.ts';

/** A store in memory that can be away; what it was asked to write is kept in the order of the calls. */
export function createFakeKnownGoodStore() {
  const objects = new Map<string, ObjectHistory>();
  const contents = new Map<string, Content>();
  const targets = new Map<string, KeptTarget>();
  const calls: (readonly KeepWrite[])[] = [];
  const beats: string[] = [];
  let away = false;
  let holder = '';
  const answers = (): void => {
    if (away) throw new Error('Redis does not answer');
  };
  const keep = (one: KeepWrite): void => {
    if (one.write === 'forget') (one.what === 'object' ? objects : targets).delete(one.key);
    else if (one.write === 'target') targets.set(one.kept.target, one.kept);
    else {
      objects.set(one.history.key, one.history);
      for (const { hash, content } of one.contents) contents.set(contentKey(one.history.key, hash), content);
    }
  };
  const store: KnownGoodStore = {
    async beat(beat) {
      answers();
      if (beat.begins && holder === '') holder = beat.holder;
      if (holder === beat.holder) beats.push(beat.current.reason);
      return holder === beat.holder;
    },
    async letGo(_place, who) {
      answers();
      if (holder === who) holder = '';
    },
    async load() {
      answers();
      return { objects: [...objects.values()], targets: [...targets.values()] };
    },
    async write({ holder: writer }, writes) {
      await Promise.resolve();
      answers();
      if (writer !== holder) return false;
      calls.push(writes);
      for (const one of writes) keep(one);
      return true;
    },
    watch: async () => undefined,
    target: async (key) => targets.get(key),
    histories: async () => objects,
    contents: async () => contents,
    targets: async () => [...targets.keys()],
    demote: async () => undefined,
    trim: async () => undefined,
    bytes: async () => 0,
  };
  return {
    store,
    objects,
    contents,
    targets,
    calls,
    beats,
    hold: (who: string) => void (holder = who),
    goAway: (is: boolean) => void (away = is),
  };
}
