import { z } from 'zod';
import type { Clients } from '../../domain/clients.ts';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { hashNow, type KnownGood, type Remembered } from '../../domain/known-good.ts';
import { isRunning, kindOf, rootsOf } from '../../domain/object-key.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { no, yes } from '../../domain/verdict.ts';

/** How long what depends on something that was put back is given to get well by itself, ms. */
const victimMs = 20_000;
/** How many of the others are asked; the graph is small, and what is behind one Service smaller. */
const mostRoots = 10;
/** For how long it is held because of them, ms: no longer than half of what the word that an alert fires holds. */
const longestMs = 600_000;
/** By how much later a root may be seen to be ill than its victim, ms: its own probes may be the slower ones. */
const seenLaterMs = 120_000;

/** What replaces pods, or a process, without knowing of a change. */
const blunt = new Set(['restart', 'delete-pod', 'start']);
const workloads = new Map([
  ['deployment', 'deployments.apps'],
  ['statefulset', 'statefulsets.apps'],
  ['daemonset', 'daemonsets.apps'],
] as const);

/**
 * A victim is not restarted while what it depends on is ill, or has just been put back; nor is it put back to how it was,
 * where it was well as it is.
 */
export const root = defineGuardrail<'on' | 'off'>({
  kind: 'root',
  params: z.enum(['on', 'off']).default('on'),
  async check({ params, target, action, plan, clients, about, freshnessMs, now }) {
    if (params === 'off') return yes('it is switched off');
    const isBack = action.verb === 'rollback';
    if (!isBack && !blunt.has(action.verb)) return yes(`${action.verb} is no restart`);
    const remembered = await clients.knownGood?.remembered(target.key);
    if (remembered === undefined) return yes('nothing is remembered of what it depends on');
    const wellSince = isBack ? wellAsItIs(remembered, plan.touches) : undefined;
    if (isBack && wellSince === undefined) return yes('it was not seen healthy as it is now');
    // A container may have been well for less than it takes to look.
    if (remembered.neverWell && remembered.current.ok && kindOf(target.key) !== 'container') {
      const reason =
        'it was not well for a moment since it was made: there is nothing to go back to, and nothing to wait for';
      return { ok: false, reason, page: true };
    }
    const lately = putBackLately(remembered, now, isBack ? isRunning : () => true);
    if (lately !== undefined) {
      const waitMs = lately.at + victimMs - now;
      return no(`${lately.key}, which it depends on, was put back ${seconds(now - lately.at)} s ago`, waitMs);
    }
    // What has been waited for that long is for somebody else to decide.
    if (now - about.openedAt > Math.min(longestMs, freshnessMs / 2))
      return yes(`it has waited for what it depends on for ${seconds(now - about.openedAt)} s`);
    for (const key of rootsOf(remembered).slice(0, mostRoots)) {
      // Of two that need each other neither is the root.
      const itsOwn = await clients.knownGood?.remembered(key);
      if (itsOwn?.graph.some((one) => one.key === target.key)) continue;
      // The target was well without it, or was ill before it: then that may be its victim.
      if (wellSince !== undefined && !isBetween(wellUntil(itsOwn), wellSince, wellUntil(remembered) + seenLaterMs))
        continue;
      const ill = await illness(key, clients);
      if (ill !== undefined)
        return no(`${key}, which it depends on, is not well (${ill}): that is to be mended first`, victimMs);
    }
    return yes('what it depends on is well');
  },
});

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

/**
 * Since when it counts as well with all that the plan changes as it is now, ms since the epoch; undefined: it was never seen
 * healthy like that, or that is not known.
 */
function wellAsItIs(remembered: Remembered, touches: readonly string[]): number | undefined {
  if (!remembered.current.ok) return undefined;
  // Pods are only replaced.
  const changed = touches.filter((key) => kindOf(key) !== 'pod');
  const isLike = (one: KnownGood): boolean =>
    changed.every((key) => {
      const now = hashNow(remembered, key);
      return now !== undefined && (one.objects[key] ?? one.nodes[key]) === now;
    });
  const like = remembered.knownGoods.filter(isLike);
  return like.length === 0 ? undefined : Math.min(...like.map(({ stampedAt }) => stampedAt));
}

const isBetween = (at: number, after: number, until: number): boolean => at > after && at <= until;

/** When it was seen healthy last, ms since the epoch; 0: never. */
const wellUntil = (remembered: Remembered | undefined): number =>
  Math.max(0, ...(remembered?.knownGoods ?? []).map(({ seenAt }) => seenAt));

function putBackLately({ graph, objects, target }: Remembered, now: number, counts: (key: string) => boolean) {
  return graph
    .filter(({ key }) => key !== target && counts(key))
    .map(({ key }) => ({ key, newest: objects.get(key)?.versions[0] }))
    .flatMap(({ key, newest }) => (newest?.by === ourManager ? [{ key, at: newest.at }] : []))
    .find(({ at }) => now - at < victimMs);
}

type Kind = 'deployment' | 'statefulset' | 'daemonset';
const isWorkload = (kind: string): kind is Kind => [...workloads.keys()].some((one) => one === kind);

/** A phrase; undefined: it is well, or gone, which is for its own recovery to say. Throws ActionError. */
async function illness(key: string, clients: Clients): Promise<string | undefined> {
  const [, place = '', ...rest] = key.split('/');
  const [name = '', kind = '', namespace = ''] = rest.toReversed();
  if (kind === 'container') {
    const state = await clients.docker.get(place)?.inspect(name);
    if (state === undefined) return undefined;
    if (state.status !== 'running') return state.status;
    return state.health === 'unhealthy' ? 'unhealthy' : undefined;
  }
  const resource = isWorkload(kind) ? workloads.get(kind) : undefined;
  const found = resource && (await clients.kubernetes.get(place)?.get(resource, { namespace, name }));
  if (found === undefined) return undefined;
  const [ready, desired] = readyOf(found);
  // One of several that are ready answers.
  return ready === 0 && desired > 0 ? `none of its ${desired} pods is ready` : undefined;
}

interface Counted {
  readonly spec: object;
  readonly status?: object | undefined;
}
function readyOf({ spec, status = {} }: Counted): readonly [ready: number, desired: number] {
  const number = (from: object, name: string): number | undefined => {
    const value: unknown = new Map<string, unknown>(Object.entries(from)).get(name);
    return typeof value === 'number' ? value : undefined;
  };
  const perNode = number(status, 'desiredNumberScheduled');
  if (perNode !== undefined) return [number(status, 'numberReady') ?? 0, perNode];
  return [number(status, 'readyReplicas') ?? 0, number(spec, 'replicas') ?? 1];
}
