import { isDeepStrictEqual } from 'node:util';
import type { Dependency } from '../../domain/known-good.ts';
import type { Meta, Pod } from '../../domain/kubernetes.ts';
import type { Recorder } from '../recorder.ts';
import { affectedBy } from './affected.ts';
import { countsOf } from './counts-of.ts';
import { graphOf } from './graph-of.ts';
import { wellSince } from './health.ts';
import { isTarget, type Links, workloadKinds } from './links.ts';
import { linksOf } from './links-of.ts';
import { type PodLinks, podLinks } from './pod-links.ts';
import { words } from './words.ts';
import { servicesSelecting, type World } from './world.ts';

/** The targets of one cluster: what each depends on, and since when it is well, told when it is another. */
export interface Targets {
  /** `asItWas`: whom it names, and by what it is found, is as it was when it was put last; its status may be another. */
  put(kind: string, object: { readonly metadata: Meta }, asItWas?: boolean): void;
  remove(key: string): void;
  /** Of that kind these are all that there are. */
  retain(kind: string, keys: ReadonlySet<string>): void;
  putPod(pod: Pod): void;
  removePod(namespace: string, name: string): void;
  /** All pods there are. */
  replacePods(all: readonly Pod[]): void;
  /** What was told of the targets there is forgotten: it is told anew, if they are there. */
  forget(namespace: string): void;
  /**
   * Tells of what has become another since the last time, of so many targets that nobody has to wait for long. False: there
   * is more, to be told the next time.
   */
  settle(): boolean;
}

interface Told {
  readonly graph?: readonly Dependency[];
  readonly since?: number;
  /** It was seen ill, and has been well since then at the earliest, by our own clock. */
  readonly notBefore: number;
}
const nothing: Told = { notBefore: 0 };
/** Some 20 ms of work. */
const mostAtOnce = 200;

export function createTargets(world: World, recorder: Pick<Recorder, 'graph' | 'health'>, now: () => number): Targets {
  const { objects, pods, counts, keys } = world;
  const graphs = new Set<string>();
  const healths = new Set<string>();
  const told = new Map<string, Told>();
  /** Key of an object → the targets whose graph holds it. */
  const users = new Map<string, Set<string>>();
  /** Before the first time, when all are looked at, there is no need to know which. */
  let hasSettled = false;
  const usersOf = (key: string): Iterable<string> => users.get(key) ?? [];

  function mark(links: Links): void {
    if (!hasSettled) return;
    for (const key of affectedBy(world, links, usersOf)) graphs.add(key);
    if (isTarget(links.kind)) markHealth(links);
  }
  /** A workload's health is that of the Services before it. */
  function markHealth({ key, namespace, podLabels }: Pick<Links, 'key' | 'namespace' | 'podLabels'>): void {
    if (!hasSettled) return;
    healths.add(key);
    for (const service of servicesSelecting(world, namespace, podLabels ?? {})) healths.add(service.key);
  }

  function remove(key: string): void {
    const former = objects.get(key);
    if (former === undefined) return;
    mark(former);
    objects.remove(key);
    counts.delete(key);
  }

  /** A pod has come, gone or changed. */
  function podChanged(former: PodLinks | undefined, pod: PodLinks | undefined, change: () => void): void {
    if (isDeepStrictEqual(former, pod)) return;
    const owners = [...new Set([former?.owner ?? '', pod?.owner ?? ''])].filter((owner) => owner !== '');
    const places = owners.map((owner) => pods.nodesOf(owner).join());
    change();
    for (const [index, owner] of owners.entries()) {
      const links = objects.get(owner);
      if (links === undefined) continue;
      markHealth(links);
      if (pods.nodesOf(owner).join() === places[index]) continue;
      graphs.add(owner);
      for (const { key } of servicesSelecting(world, links.namespace, links.podLabels ?? {})) graphs.add(key);
    }
    for (const loose of [former, pod])
      if (loose?.owner === '')
        for (const { key } of servicesSelecting(world, loose.namespace, loose.labels)) healths.add(key);
  }
  function putPod(pod: Pod): void {
    const { namespace = '', name } = pod.metadata;
    const links = podLinks(pod, keys, now());
    if (links === undefined) removePod(namespace, name);
    else podChanged(pods.get(namespace, name), links, () => void pods.put(links));
  }
  function removePod(namespace: string, name: string): void {
    const former = pods.get(namespace, name);
    podChanged(former, undefined, () => void pods.remove(namespace, name));
  }

  function noteUsers(target: string, before: readonly Dependency[] = [], after: readonly Dependency[] = []): void {
    for (const { key } of before) {
      const set = users.get(key);
      set?.delete(target);
      if (set?.size === 0) users.delete(key);
    }
    for (const { key } of after) users.set(key, (users.get(key) ?? new Set()).add(target));
  }
  function tellGraph(target: string): void {
    const { graph: before, ...rest } = told.get(target) ?? nothing;
    const graph = graphOf(world, target);
    if (isDeepStrictEqual(before, graph)) return;
    noteUsers(target, before, graph);
    if (graph === undefined) {
      told.delete(target);
      pods.forget(target);
    } else told.set(target, { ...rest, graph });
    recorder.graph(target, graph);
  }
  /** What is well again can not have been before we saw it ill, whatever the cluster's clock says. */
  function tellHealth(target: string, platform: number | undefined): void {
    const { since: before, ...rest } = told.get(target) ?? nothing;
    const since = platform === undefined ? undefined : Math.max(platform, rest.notBefore);
    const notBefore = platform === undefined ? now() : rest.notBefore;
    if (told.has(target)) told.set(target, { ...rest, notBefore, ...(since !== undefined && { since }) });
    if (since !== before) recorder.health(target, since);
  }

  return {
    put(kind, object, asItWas = false) {
      const { namespace = '', name } = object.metadata;
      const former = objects.get(keys.of(kind, namespace, name));
      const links = asItWas && former !== undefined ? former : linksOf(kind, object, keys);
      if (workloadKinds.has(kind)) {
        const counted = countsOf(kind, object);
        if (!isDeepStrictEqual(counts.get(links.key), counted)) markHealth(links);
        counts.set(links.key, counted);
      }
      if (links === former || isDeepStrictEqual(former, links)) return;
      if (former !== undefined) mark(former);
      objects.put(links);
      mark(links);
    },
    remove,
    retain(kind, there) {
      const gone = [...objects.all()].filter((links) => links.kind === kind && !there.has(links.key));
      for (const { key } of gone) remove(key);
    },
    putPod,
    removePod,
    replacePods(all) {
      const there = new Set(all.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`));
      for (const { namespace, name } of pods.all()) if (!there.has(`${namespace}/${name}`)) removePod(namespace, name);
      for (const pod of all) putPod(pod);
    },
    forget(namespace) {
      objects.forget(namespace);
      const prefix = keys.prefix(namespace);
      for (const [target, { graph }] of told) {
        if (!target.startsWith(prefix)) continue;
        noteUsers(target, graph);
        told.delete(target);
        pods.forget(target);
        graphs.add(target);
        healths.add(target);
      }
    },
    settle() {
      if (!hasSettled) for (const { key } of objects.at(words.targets)) graphs.add(key);
      hasSettled = true;
      const due = [...new Set([...healths, ...graphs])].slice(0, mostAtOnce);
      // Where the pods run while it is well is a part of its graph when it is not any more.
      const known = due.map((target) => [target, wellSince(world, target)] as const);
      for (const [target, since] of known) if (since !== undefined) pods.well(target);
      for (const [target] of known) {
        if (objects.get(target) === undefined) tellHealth(target, undefined);
        if (graphs.has(target)) tellGraph(target);
      }
      for (const [target, since] of known) if (objects.get(target) !== undefined) tellHealth(target, since);
      for (const target of due) {
        graphs.delete(target);
        healths.delete(target);
      }
      return graphs.size + healths.size === 0;
    },
  };
}
