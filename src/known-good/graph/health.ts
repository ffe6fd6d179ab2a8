import { selects } from '../../kubernetes/selects.ts';
import type { Counts } from './counts-of.ts';
import type { Links } from './links.ts';
import type { PodLinks } from './pod-links.ts';
import { workloadsBehind, type World } from './world.ts';

/**
 * Since when a target has been well without a break in which a container ended, ms since the epoch by the platform's clock;
 * undefined: it is not well, or nothing is asked of it (no replicas, paused), or it is gone.
 */
export function wellSince(world: World, target: string): number | undefined {
  const links = world.objects.get(target);
  if (links === undefined) return undefined;
  return links.kind === 'service' ? ofService(world, links) : ofWorkload(world, target);
}

function ofWorkload({ counts, pods }: World, key: string): number | undefined {
  const own = counts.get(key);
  return own !== undefined && isRolledOut(own) ? sinceOf(pods.of(key), own.desired) : undefined;
}

const isRolledOut = ({ observed, paused, desired, ready, available, updated, held, old }: Counts): boolean =>
  observed &&
  !paused &&
  desired > 0 &&
  ready >= desired &&
  available >= desired &&
  updated >= desired - held &&
  old === 0;

/** At least so many pods, and all of them ready: since the last of them became so, or something in it began or ended. */
function sinceOf(pods: readonly PodLinks[], atLeast: number): number | undefined {
  const staying = pods.filter(({ leaving }) => !leaving);
  if (staying.length < atLeast || staying.some(({ ready }) => !ready)) return undefined;
  return Math.max(...staying.map(({ since }) => since));
}

/**
 * A Service is well when it has a ready pod, and all that makes its pods is well: one good pod beside bad ones of a roll-out
 * would otherwise make a known-good of the bad version. Workloads that nothing is asked of, and have no pod, do not count.
 */
function ofService(world: World, service: Links): number | undefined {
  const { pods, counts } = world;
  const { selector, namespace } = service;
  if (selector === undefined) return undefined;
  const asked = workloadsBehind(world, service).filter(
    ({ key }) => counts.get(key)?.desired !== 0 || pods.of(key).length > 0,
  );
  const loose = pods.loose(namespace).filter(({ labels, leaving }) => !leaving && selects(selector, labels));
  const all = [
    ...asked.map(({ key }) => ofWorkload(world, key)),
    ...(loose.length === 0 ? [] : [sinceOf(loose, 1)]),
  ].map((since) => since ?? Infinity);
  const last = Math.max(...all);
  return Number.isFinite(last) ? last : undefined;
}
