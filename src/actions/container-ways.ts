import { ourManager } from '../domain/our-writes.ts';
import { isDeepStrictEqual } from 'node:util';
import type { Definition } from '../docker/definition.ts';
import type { Version } from '../domain/known-good.ts';

/**
 * How little has to be done: `connect` moves it between networks, `update` changes its limits, both while it runs;
 * `recreate` makes it anew.
 */
export type Way = 'connect' | 'update' | 'recreate';

/** What differs between two definitions: `image`, `env MODE`, `label tier`, `Cmd`, `Memory`, `network back`. Never a value. */
export function differencesOf(from: Definition, to: Definition): readonly string[] {
  const of = (part: 'env' | 'labels' | 'config' | 'hostConfig' | 'networks', word: string): string[] =>
    [...new Set([...Object.keys(from[part]), ...Object.keys(to[part])])]
      .filter((name) => !isDeepStrictEqual(from[part][name], to[part][name]))
      .toSorted()
      .map((name) => `${word}${name}`);
  return [
    ...(isDeepStrictEqual(from.image, to.image) ? [] : ['image']),
    ...of('config', ''),
    ...of('env', 'env '),
    ...of('hostConfig', ''),
    ...of('networks', 'network '),
    ...of('labels', 'label '),
  ];
}

/** What `docker update` takes. */
const updatable = [
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'CpuShares',
  'CpuPeriod',
  'CpuQuota',
  'NanoCpus',
  'CpusetCpus',
  'CpusetMems',
  'BlkioWeight',
  'PidsLimit',
  'RestartPolicy',
];

/** What differs among that, as the engine takes it: only what has a value there; an absence or 0 means "as it is" to it. */
export function resourcesOf(from: Definition, to: Definition): Readonly<Record<string, unknown>> {
  const differing = updatable.filter((name) => !isDeepStrictEqual(from.hostConfig[name], to.hostConfig[name]));
  return Object.fromEntries(differing.map((name) => [name, to.hostConfig[name]]).filter(([, value]) => Boolean(value)));
}

/** The least of the ways from one definition to the other. */
export function wayTo(from: Definition, to: Definition): Way {
  const differs = differencesOf(from, to);
  const only = (names: readonly string[]): boolean => differs.every((one) => names.includes(one));
  if (differs.every((one) => one.startsWith('network '))) return 'connect';
  // There and back: what has no value on one side can not be given back to it.
  const isBothWays = only(Object.keys(resourcesOf(from, to))) && only(Object.keys(resourcesOf(to, from)));
  return isBothWays ? 'update' : 'recreate';
}

/** Changes by one hand, ms. */
const burstMs = 30_000;
const mostBursts = 3;

/**
 * The hashes to go back to, the first to be tried first: before the newest changes, before those before them, at most
 * three, and then the known-good one. `versions`: newest first, the first being what is there now.
 */
export function hashesBack(versions: readonly Version[], good: string): readonly string[] {
  const now = versions[0]?.hash;
  // What we have put there ourselves, and taken back, is nobody's change.
  const theirs = versions.filter(({ by }, index) => index === 0 || by !== ourManager);
  const upTo = theirs.findIndex(({ hash }) => hash === good);
  const between = upTo < 0 ? [] : theirs.slice(0, upTo);
  const before = between.flatMap(({ at }, index) => {
    const next = theirs[index + 1];
    return next === undefined || at - next.at <= burstMs ? [] : [next.hash];
  });
  return [...new Set([...before.slice(0, mostBursts), good])].filter((hash) => hash !== now);
}
