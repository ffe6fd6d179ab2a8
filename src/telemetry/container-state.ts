import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { ContainerState, DockerClient } from '../domain/clients.ts';
import { canChangeContainer } from '../domain/container-actions.ts';
import { engineSession, type EngineSession } from '../docker/engine-session.ts';
import { isPassing } from '../domain/passing-container.ts';
import { ActionError } from '../domain/errors.ts';
import { containerSeries } from './container-series.ts';
import { type MissedContainers, missedContainers } from './missed-containers.ts';

const shortestPauseMs = 500;

export interface WatchOptions {
  /** How often everything is read again, ms; 30,000 is usual. */
  readonly resyncMs: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** An engine that does not answer, or a container that can not be read. The watch goes on. */
  readonly onError: (engine: string, error: unknown) => void;
}

interface View {
  up: boolean;
  readonly containers: Map<string, ContainerState>;
  readonly missed: MissedContainers;
}

/**
 * Keeps the containers' state on `/metrics`: reads it at the start, upon each event and every `resyncMs`, in the
 * background; a scrape reads memory only. While an engine does not answer it is down and its containers have no series.
 * Resolves when the signal has aborted, nothing runs any more and its metrics are off the registry, so that a reload can
 * watch other engines on the same one; does not reject.
 */
export async function watchContainers(
  clients: ReadonlyMap<string, DockerClient>,
  registry: Registry,
  options: WatchOptions,
): Promise<void> {
  const views = new Map<string, View>(
    [...clients.keys()].map((name) => [name, { up: false, containers: new Map(), missed: missedContainers() }]),
  );
  const series = containerSeries(registry, views);
  await Promise.all(
    [...clients.values()].map(async (client) => {
      const view = views.get(client.name);
      if (view !== undefined) await watchEngine(client, view, options);
    }),
  );
  for (const name of series) registry.removeSingleMetric(name);
}

/** One session after the other, with a growing pause between them while the engine stays away. */
async function watchEngine(client: DockerClient, view: View, options: WatchOptions): Promise<void> {
  let pauseMs = shortestPauseMs;
  while (!options.signal.aborted) {
    try {
      await session(client, view, options);
    } catch (error) {
      if (options.signal.aborted) break;
      options.onError(client.name, error);
    }
    pauseMs = view.up ? shortestPauseMs : Math.min(pauseMs * 2, options.resyncMs);
    view.up = false;
    view.containers.clear();
    await pause(pauseMs, options.signal);
  }
}

function session(client: DockerClient, view: View, { resyncMs, signal, onError }: WatchOptions): Promise<void> {
  const read = (id: string, engine: EngineSession): void => void engine.read(id, () => look(id, engine.signal));
  async function look(id: string, over: AbortSignal): Promise<void> {
    try {
      const state = await client.inspect(id, over);
      if (state === undefined || isPassing(state.name)) view.containers.delete(id);
      else {
        view.containers.set(id, state);
        view.missed.seen(state);
      }
    } catch (error) {
      if (over.aborted || (error instanceof ActionError && error.reason === 'unreachable')) throw error;
      view.containers.delete(id);
      onError(client.name, error);
    }
  }
  return engineSession(
    signal,
    (engine) =>
      client.events(({ action, containerId }) => {
        view.missed.heard(action, containerId);
        if (canChangeContainer(action)) read(containerId, engine);
      }, engine.signal),
    async (engine) => {
      while (!engine.signal.aborted) {
        const listed = await client.list(engine.signal);
        view.up = true;
        // What is known but not listed is read too, and found to be gone: the list may be older than the latest event.
        for (const id of [...listed.map((one) => one.id), ...view.containers.keys()]) read(id, engine);
        await pause(resyncMs, engine.signal);
      }
    },
  );
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
