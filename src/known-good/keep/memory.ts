import type { Clock } from '../../domain/clock.ts';
import type { Memory } from '../../domain/known-good.ts';
import type { KnownGoodStore } from '../../domain/known-good-store.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { clockTime } from '../changes/clock-time.ts';

/** The memory as it is in the store, whoever writes it. */
export function createMemory(store: KnownGoodStore, clock: Clock): Memory {
  const isCurrent = async (place: string): Promise<Verdict> => {
    const watch = await store.watch(place);
    if (watch === undefined) return no(`nobody ever watched ${place}`);
    return watch.held ? watch.current : no(`nobody has watched ${place} since ${clockTime(watch.at, clock.now())}`);
  };

  return {
    async remembered(target) {
      // What is written after this is newer than what it says.
      const current = await isCurrent(target.split('/').slice(0, 2).join('/'));
      const kept = await store.target(target);
      if (kept === undefined) return undefined;
      const { graph, knownGoods, neverWell } = kept;
      const keys = new Set([target, ...graph.map(({ key }) => key)]);
      for (const { objects, nodes } of knownGoods)
        for (const key of [...Object.keys(objects), ...Object.keys(nodes)]) keys.add(key);
      const objects = await store.histories([...keys]);
      return { target, current, knownGoods, graph, ...(neverWell && { neverWell }), objects };
    },
    contents: (wanted) => store.contents(wanted),
    targets: () => store.targets(),
    demote: (target, id, at) => store.demote(target, id, at),
  };
}
