import type { PodLinks } from './pod-links.ts';

/** The pods of a cluster, by whom they belong to. */
export interface Pods {
  /** Answers the one that it replaces. */
  put(pod: PodLinks): PodLinks | undefined;
  remove(namespace: string, name: string): PodLinks | undefined;
  get(namespace: string, name: string): PodLinks | undefined;
  all(): Iterable<PodLinks>;
  of(workload: string): readonly PodLinks[];
  /** Those of no workload. */
  loose(namespace: string): readonly PodLinks[];
  /** Where the pods of a workload run; while one has no place, or there is none, also where they ran when it was well. */
  nodesOf(workload: string): readonly string[];
  /** The workload is well: where its pods run now is remembered. */
  well(workload: string): void;
  /** The workload is gone for good. */
  forget(workload: string): void;
}

export function createPods(): Pods {
  const all = new Map<string, PodLinks>();
  const byHome = new Map<string, Map<string, PodLinks>>();
  const wellOn = new Map<string, readonly string[]>();
  const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;
  const homeOf = ({ owner, namespace }: PodLinks): string => (owner === '' ? `loose ${namespace}` : owner);
  const at = (home: string): readonly PodLinks[] => [...(byHome.get(home)?.values() ?? [])];
  const placesOf = (workload: string): readonly string[] =>
    at(workload)
      .filter(({ leaving, node }) => !leaving && node !== '')
      .map(({ node }) => node);

  function remove(namespace: string, name: string): PodLinks | undefined {
    const key = keyOf(namespace, name);
    const former = all.get(key);
    if (former === undefined) return undefined;
    all.delete(key);
    const home = byHome.get(homeOf(former));
    home?.delete(key);
    if (home?.size === 0) byHome.delete(homeOf(former));
    return former;
  }
  return {
    put(pod) {
      const key = keyOf(pod.namespace, pod.name);
      const former = remove(pod.namespace, pod.name);
      all.set(key, pod);
      const home = homeOf(pod);
      const there = byHome.get(home) ?? new Map<string, PodLinks>();
      byHome.set(home, there.set(key, pod));
      return former;
    },
    remove,
    get: (namespace, name) => all.get(keyOf(namespace, name)),
    all: () => all.values(),
    of: at,
    loose: (namespace) => at(`loose ${namespace}`),
    nodesOf(workload) {
      const staying = at(workload).filter(({ leaving }) => !leaving);
      const isPlaced = staying.length > 0 && staying.every(({ node }) => node !== '');
      const last = isPlaced ? [] : (wellOn.get(workload) ?? []);
      return [...new Set([...placesOf(workload), ...last])].toSorted();
    },
    well: (workload) => void wellOn.set(workload, [...new Set(placesOf(workload))]),
    forget: (workload) => void wellOn.delete(workload),
  };
}
