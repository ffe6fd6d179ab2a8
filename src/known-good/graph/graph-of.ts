import type { Dependency } from '../../domain/known-good.ts';
import { kindOf } from '../../domain/object-key.ts';
import { inTheWay } from './hooks-of.ts';
import type { Links } from './links.ts';
import { words } from './words.ts';
import { policiesOn, servicesMentioned, servicesSelecting, workloadsBehind, type World } from './world.ts';

/** What comes behind that many steps is told to be that far: it is ranked last all the same. */
const farthest = 3;

interface Found {
  readonly key: string;
  readonly distance: number;
  readonly why: string;
}

/**
 * All that a Deployment, StatefulSet, DaemonSet or Service depends on, itself first, then by distance and key; each once, at
 * its shortest. What is named is in it whether it is there or not, but of a kind that is not watched. Of what is behind another Service, only the workload
 * itself: the rest is that one's own graph. Undefined: there is no such target.
 */
export function graphOf(world: World, target: string): readonly Dependency[] | undefined {
  const links = world.objects.get(target);
  if (links === undefined) return undefined;
  const found = links.kind === 'service' ? ofService(world, links) : ofWorkload(world, links);
  const nearest = new Map<string, Dependency>();
  for (const { key, distance, why } of found.filter((one) => world.isWatched(kindOf(one.key)))) {
    const before = nearest.get(key);
    if (before === undefined || distance < before.distance) nearest.set(key, { key, distance, why });
  }
  return [...nearest.values()].toSorted((a, b) => a.distance - b.distance || (a.key < b.key ? -1 : 1));
}

function ofService(world: World, service: Links): readonly Found[] {
  const { keys } = world;
  const { key, namespace } = service;
  const behind = workloadsBehind(world, service);
  return [
    { key, distance: 0, why: 'itself' },
    { key: keys.of('namespace', '', namespace), distance: 1, why: 'its namespace' },
    ...ingressesOf(world, key, 1),
    ...behind.flatMap(({ podLabels = {} }) =>
      policiesOn(world, namespace, podLabels).map((policy) => ({
        key: policy.key,
        distance: 1,
        why: 'a network policy on the pods it selects',
      })),
    ),
    ...behind.flatMap((workload) =>
      ofWorkload(world, workload).map(({ why, ...found }) => ({
        ...found,
        distance: Math.min(farthest, found.distance + 1),
        why: found.distance === 0 ? 'it selects its pods' : `${why}, of ${workload.kind} ${workload.name}`,
      })),
    ),
  ];
}

function ofWorkload(world: World, workload: Links): readonly Found[] {
  const { objects, keys, pods } = world;
  const { key, namespace, refs, podLabels = {} } = workload;
  const near = (one: Links, why: string): Found => ({ key: one.key, distance: 1, why });
  const ofNamespace = (kind: string, why: string): readonly Found[] =>
    objects.at(words.ofKind(kind, namespace)).map((one) => near(one, why));
  return [
    { key, distance: 0, why: 'itself' },
    { key: keys.of('namespace', '', namespace), distance: 1, why: 'its namespace' },
    ...refs.map((ref) => ({ ...ref, distance: 1 })),
    ...refs.flatMap((ref) => behindReference(world, ref.key)),
    ...objects.at(words.scaling(key)).map((one) => near(one, 'it scales it')),
    ...ofNamespace('resourcequota', 'a quota of its namespace'),
    ...ofNamespace('limitrange', 'a limit range of its namespace'),
    ...policiesOn(world, namespace, podLabels).map((one) => near(one, 'a network policy on its pods')),
    ...servicesSelecting(world, namespace, podLabels).flatMap((one) => [
      near(one, 'it selects its pods'),
      ...ingressesOf(world, one.key, 2),
    ]),
    ...hooksOn(world, workload),
    ...defaultPriority(world, workload),
    ...called(world, workload, 'the template'),
    ...pods
      .nodesOf(key)
      .map((node) => ({ key: keys.of('node', '', node), distance: 2, why: 'a node its pods run on' })),
  ];
}

/** The volume of a claim; the rights of a service account; the Services that a ConfigMap speaks of. */
function behindReference(world: World, key: string): readonly Found[] {
  const { objects } = world;
  const rights = objects
    .at(words.binding(key))
    .flatMap((binding) => [
      { key: binding.key, distance: 2, why: 'it binds a role to its service account' },
      ...binding.refs.map((role) => ({ ...role, distance: 3 })),
    ]);
  const there = objects.get(key);
  if (there === undefined) return rights;
  if (there.kind === 'configmap') return called(world, there, `configmap ${there.name}`);
  return [...rights, ...there.refs.map((ref) => ({ ...ref, distance: 2 }))];
}

/** The Services that are spoken of, and what is behind each. */
const called = (world: World, speaker: Links, where: string): readonly Found[] =>
  servicesMentioned(world, speaker).flatMap(({ key, mention }) => [
    { key, distance: 1, why: `${where} speaks of ${mention}` },
    ...behindService(world, key, 2),
  ]);

function behindService(world: World, key: string, distance: number): readonly Found[] {
  const service = world.objects.get(key);
  if (service === undefined) return [];
  return workloadsBehind(world, service).map((one) => ({
    key: one.key,
    distance,
    why: `it is behind service ${service.name}`,
  }));
}

const ingressesOf = ({ objects }: World, service: string, distance: number): readonly Found[] =>
  objects.at(words.leadingTo(service)).map(({ key, kind }) => ({
    key,
    distance,
    why: kind === 'ingress' ? 'an ingress that leads to it' : `a ${kind} that speaks of it`,
  }));

/** Admission webhooks that are asked when its pods are made, and who answers for them. */
function hooksOn(world: World, { kind, namespace, labels, podLabels = {} }: Links): readonly Found[] {
  const { objects, keys } = world;
  const home = objects.get(keys.of('namespace', '', namespace));
  const written = { kind, labels, podLabels, namespaceLabels: home?.labels ?? {} };
  return objects.at(words.hooks).flatMap(({ key, hooks = [], refs }) => {
    const why = hooks.map((hook) => inTheWay(hook, written)).find((one) => one !== undefined);
    if (why === undefined) return [];
    const answering = refs.flatMap((ref) => [{ ...ref, distance: 2 }, ...behindService(world, ref.key, 3)]);
    return [{ key, distance: 1, why }, ...answering];
  });
}

/** A pod that names no priority class gets the cluster's default one. */
function defaultPriority({ objects, keys }: World, { refs }: Links): readonly Found[] {
  const prefix = keys.of('priorityclass', '', '');
  if (refs.some(({ key }) => key.startsWith(prefix))) return [];
  return objects
    .at(words.defaultPriority)
    .map(({ key }) => ({ key, distance: 1, why: 'the priority class of whoever names none' }));
}
