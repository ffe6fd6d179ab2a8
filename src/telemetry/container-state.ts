import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { ContainerState, DockerClient } from '../domain/clients.ts';
import { canChangeContainer } from '../domain/container-actions.ts';
import { isSetAside } from '../domain/set-aside.ts';
import { ActionError } from '../domain/errors.ts';
import { containerSeries } from './container-series.ts';

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
  const views = new Map<string, View>([...clients.keys()].map((name) => [name, { up: false, containers: new Map() }]));
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

/** Ends when the signal aborts, and throws when the events break off or the engine does not answer. */
async function session(client: DockerClient, view: View, { resyncMs, signal, onError }: WatchOptions): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });

  // One after the other, and one that is waiting already is not asked for twice: a burst of events is no burst of reads.
  const waiting = new Set<string>();
  let reads = Promise.resolve();
  const read = (id: string): void => {
    if (waiting.has(id)) return;
    waiting.add(id);
    reads = readAfter(reads, id);
    reads.catch((error: unknown) => over.abort(error));
  };
  async function readAfter(others: Promise<void>, id: string): Promise<void> {
    await others;
    waiting.delete(id);
    if (over.signal.aborted) return;
    try {
      const state = await client.inspect(id, over.signal);
      // One that stands aside for another is down on purpose, for a moment.
      if (state === undefined || isSetAside(state.name)) view.containers.delete(id);
      else view.containers.set(id, state);
    } catch (error) {
      if (over.signal.aborted || (error instanceof ActionError && error.reason === 'unreachable')) throw error;
      view.containers.delete(id);
      onError(client.name, error);
    }
  }
  async function resync(): Promise<void> {
    while (!over.signal.aborted) {
      const listed = await client.list(over.signal);
      view.up = true;
      // What is known but not listed is read too, and found to be gone: the list may be older than the latest event.
      for (const id of [...listed.map((one) => one.id), ...view.containers.keys()]) read(id);
      await pause(resyncMs, over.signal);
    }
  }

  // The events first, so that nothing falls between them and the first reading.
  const events = client.events(({ action, containerId }) => {
    if (canChangeContainer(action)) read(containerId);
  }, over.signal);
  const synced = resync();
  await Promise.race([events, synced]).catch((error: unknown) => over.abort(error));
  end();
  signal.removeEventListener('abort', end);
  await Promise.allSettled([events, synced, reads]);
  // What ended it first is the abort's reason.
  if (!signal.aborted) over.signal.throwIfAborted();
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
