import type { Recorder } from '../../src/known-good/recorder.ts';

/** What a recorder was told, as lines, without the `kubernetes/prod/` of each key. */
export interface Recorded extends Recorder {
  readonly lines: readonly string[];
  /** Those since the last time. */
  taken(): readonly string[];
  /** The kinds that are watched, as it was told. */
  watched(): readonly string[];
}

export function recorded(cluster = 'prod'): Recorded {
  const lines: string[] = [];
  const short = (key: string): string => key.replace(`kubernetes/${cluster}/`, '');
  let from = 0;
  let watched: readonly string[] = [];
  return {
    lines,
    taken() {
      const since = lines.slice(from);
      from = lines.length;
      return since;
    },
    only: (kinds) => (watched = kinds),
    watched: () => watched,
    replaced: (kind, all) => void lines.push(`replaced ${kind}: ${all.map(({ key }) => short(key)).join(', ')}`),
    seen: ({ key, version }) => void lines.push(`seen ${short(key)} ${version.uid}`),
    gone: (key) => void lines.push(`gone ${short(key)}`),
    graph: (target, graph) =>
      void lines.push(`graph ${short(target)}: ${graph?.map(({ key }) => short(key)).join(', ') ?? 'none'}`),
    health: (target, since) => void lines.push(`health ${short(target)}: ${since ?? 'not well'}`),
    forget: (prefix) => void lines.push(`forget ${short(prefix)}`),
    current: () => void lines.push('current'),
    interrupted: (why) => void lines.push(`interrupted: ${why}`),
  };
}
