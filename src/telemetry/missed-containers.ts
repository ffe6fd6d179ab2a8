import type { ContainerState } from '../domain/clients.ts';
import { isRemembered } from '../docker/watched.ts';

/** For how long one is told of, ms: then it was meant so. */
const toldMs = 3_600_000;
/** A removal by force ends it first: so long before it was removed it may have ended, ms. */
const endedMs = 10_000;

/** Containers of one engine that were to run for good, and were removed while they ran. */
export interface MissedContainers {
  /** How one is now, by a reading: there is one of that name. */
  seen(state: ContainerState): void;
  /** What the engine's events say of one. */
  heard(action: string, id: string): void;
  /** Those of the last hour of whose names there is none since. */
  all(): readonly ContainerState[];
}

/**
 * Who removes one on purpose stops it first, as Compose does, which its events tell; and what nobody wants back when it has
 * ended (its restart policy) nobody misses. Nothing is known of what was removed while nobody listened. `now`: ms since the
 * epoch.
 */
export function missedContainers(now: () => number = Date.now): MissedContainers {
  const last = new Map<string, ContainerState>();
  const stopped = new Set<string>();
  const missed = new Map<string, { readonly state: ContainerState; readonly at: number }>();
  const ran = ({ status, finishedAt }: ContainerState): boolean =>
    ['running', 'paused', 'restarting'].includes(status) || now() - finishedAt < endedMs;
  const isForGood = (state: ContainerState): boolean =>
    ['always', 'unless-stopped'].includes(state.restartPolicy) && isRemembered(state);
  return {
    seen(state) {
      last.set(state.id, state);
      missed.delete(state.name);
    },
    heard(action, id) {
      if (action === 'stop') stopped.add(id);
      if (action === 'start') stopped.delete(id);
      if (action !== 'destroy') return;
      const state = last.get(id);
      last.delete(id);
      if (stopped.delete(id) || state === undefined || !isForGood(state) || !ran(state)) return;
      // Compose gives the name to the next one before it removes this one, and may have been read already.
      const isTaken = [...last.values()].some(({ name }) => name === state.name);
      if (!isTaken) missed.set(state.name, { state, at: now() });
    },
    all() {
      for (const [name, { at }] of missed) if (now() - at >= toldMs) missed.delete(name);
      return [...missed.values()].map(({ state }) => state);
    },
  };
}
