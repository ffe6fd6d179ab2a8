import {
  type Content,
  contentKey,
  type Dependency,
  type KnownGood,
  type ObjectHistory,
  type Recall,
  type Version,
} from '../../src/domain/known-good.ts';
import type { Recorder, SeenObject } from '../../src/known-good/recorder.ts';

/** A recorder that keeps all it is told in memory, and the memory over it: what a test stamps is known-good. */
export interface DockerMemory extends Recorder, Recall {
  readonly contentsByKey: ReadonlyMap<string, Content>;
  history(key: string): ObjectHistory | undefined;
  graphOf(target: string): readonly Dependency[] | undefined;
  wellSince(target: string): number | undefined;
  /** How often all containers were told. */
  rounds(): number;
  /** Why it is not current; the empty string: it is; undefined: it was never told. */
  state(): string | undefined;
  /** What there is now of the target's graph is known-good. */
  stamp(target: string): void;
  /** Resolves once it holds, looked at upon all that is told. */
  until(holds: () => boolean): Promise<void>;
}

export function dockerMemory(): DockerMemory {
  const objects = new Map<string, { versions: Version[]; goneAt?: number }>();
  const contents = new Map<string, Content>();
  const graphs = new Map<string, readonly Dependency[]>();
  const health = new Map<string, number | undefined>();
  const stamps = new Map<string, KnownGood[]>();
  const waiting = new Set<() => void>();
  let state: string | undefined;
  let rounds = 0;
  const told = (): void => {
    for (const look of waiting) look();
  };
  const keep = ({ key, content, version }: SeenObject): void => {
    const known = objects.get(key) ?? { versions: [] };
    const at = version.at === 0 ? Date.now() : version.at;
    contents.set(contentKey(key, version.hash), content);
    const isNew = known.versions[0]?.hash !== version.hash || known.goneAt !== undefined;
    objects.set(key, { versions: isNew ? [{ ...version, at }, ...known.versions] : known.versions });
  };
  const history = (key: string): ObjectHistory | undefined => {
    const known = objects.get(key);
    return known && { key, ...known };
  };
  return {
    contentsByKey: contents,
    blameMs: 3_600_000,
    history,
    graphOf: (target) => graphs.get(target),
    wellSince: (target) => health.get(target),
    state: () => state,
    only: () => undefined,
    rounds: () => rounds,
    replaced(kind, all) {
      if (kind === 'container') rounds += 1;
      const keys = new Set(all.map(({ key }) => key));
      for (const [key, known] of objects)
        if (key.split('/').at(-2) === kind && !keys.has(key)) known.goneAt ??= Date.now();
      for (const one of all) keep(one);
      told();
    },
    seen(object) {
      keep(object);
      told();
    },
    gone(key, at) {
      const known = objects.get(key);
      if (known !== undefined) known.goneAt ??= at;
      told();
    },
    graph(target, graph) {
      if (graph !== undefined) graphs.set(target, graph);
      told();
    },
    health(target, wellSince) {
      health.set(target, wellSince);
      told();
    },
    forget: () => undefined,
    current() {
      state = '';
      told();
    },
    interrupted(why) {
      state = why;
      told();
    },
    stamp(target) {
      const there = (graphs.get(target) ?? []).flatMap(({ key, distance }) => {
        const hash = objects.get(key)?.versions[0]?.hash;
        return hash === undefined || distance > 1 ? [] : [[key, hash] as const];
      });
      const now = Date.now();
      const known = stamps.get(target) ?? [];
      const stamp = { stampedAt: now, seenAt: now, healthMs: 7_200_000, objects: Object.fromEntries(there), nodes: {} };
      stamps.set(target, [{ id: String(known.length), ...stamp }, ...known]);
    },
    async until(holds) {
      if (holds()) return;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (!holds()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    remembered: async (target) =>
      objects.has(target)
        ? {
            target,
            current: { ok: true, reason: 'it is watched' },
            knownGoods: stamps.get(target) ?? [],
            graph: graphs.get(target) ?? [],
            objects: new Map([...objects.keys()].flatMap((key) => [[key, history(key)] as const]).filter(isThere)),
          }
        : undefined,
    contents: async (wanted) =>
      new Map(
        wanted.flatMap(({ key, hash }) => {
          const content = contents.get(contentKey(key, hash));
          return content === undefined ? [] : [[contentKey(key, hash), content] as const];
        }),
      ),
    targets: async () => [...graphs.keys()],
    demote: async () => undefined,
  };
}

const isThere = (entry: readonly [string, ObjectHistory | undefined]): entry is readonly [string, ObjectHistory] =>
  entry[1] !== undefined;
