import type { Registry } from 'prom-client';
import type { Config } from './config/config.ts';
import type { Clients } from './domain/clients.ts';
import { watchContainers } from './telemetry/container-state.ts';
import { realClock } from './domain/real-clock.ts';
import type { Memory } from './domain/known-good.ts';
import type { KnownGoodStore } from './domain/known-good-store.ts';
import { keepImages } from './known-good/docker/keep-images.ts';
import { createDockerWatch } from './known-good/docker/watch.ts';
import { createKubernetesWatch } from './known-good/graph/kubernetes-watch.ts';
import { runWatches } from './known-good/keep/run-watches.ts';

/** How often all of an engine is read again, ms. */
const resyncMs = 30_000;
/** How often the images of known-goods are named anew, ms. */
const keepImagesMs = 60_000;

/** What goes on beside the alerts: what is there is read all the time. */
export interface Watching {
  stop(): Promise<void>;
  /** Anew, after a reload: with other clients, or settings. */
  again(): Promise<void>;
}

/** One watch after the other; each ends when its signal aborts. What it rejects with ends it, and is told. */
export function watching(begin: (signal: AbortSignal) => Promise<void>, onError: (error: unknown) => void): Watching {
  let isOver = false;
  let end = new AbortController();
  const run = (): Promise<void> => begin(end.signal).catch(onError);
  let ended = run();
  const over = async (): Promise<void> => {
    end.abort();
    await ended;
  };
  return {
    async stop() {
      isOver = true;
      await over();
    },
    async again() {
      await over();
      // Stopped meanwhile: nothing begins any more.
      if (isOver) return;
      end = new AbortController();
      ended = run();
    },
  };
}

export interface Watched {
  /** As they are now: a reload exchanges them. */
  readonly clients: () => Clients;
  readonly config: () => Config;
  readonly registry: Registry;
  readonly store: KnownGoodStore;
  readonly memory: Memory;
  readonly warn: (sentence: string) => void;
  readonly onError: (error: unknown, message: string) => void;
}

/** Begins to watch: the state of containers for `/metrics`, and how everything looks while it is healthy. */
export function startWatches(watched: Watched): { readonly containers: Watching; readonly remembering: Watching } {
  const { clients, config, registry, onError } = watched;
  const onEngine = (engine: string, error: unknown): void => onError(error, `the engine ${engine} can not be watched`);
  const onEnd = (error: unknown): void => onError(error, 'a watch has ended');
  return {
    containers: watching(
      (signal) => watchContainers(clients().docker, registry, { resyncMs, signal, onError: onEngine }),
      onEnd,
    ),
    remembering: watching((signal) => {
      const mayAct = (): boolean => config().mode === 'act';
      return remember({ ...watched, clients: clients(), knownGood: config().knownGood, mayAct }, signal);
    }, onEnd),
  };
}

export interface Remembering {
  readonly store: KnownGoodStore;
  readonly memory: Memory;
  /** Whether the mode is act. */
  readonly mayAct: () => boolean;
  readonly knownGood: Config['knownGood'];
  readonly clients: Pick<Clients, 'docker' | 'kubernetes' | 'knownGood'>;
  readonly warn: (sentence: string) => void;
  readonly onError: (error: unknown, message: string) => void;
}

/** Remembers how everything looks on each platform, of several processes one, until the signal aborts. */
export async function remember(
  { store, memory, knownGood, clients, mayAct, warn, onError }: Remembering,
  signal: AbortSignal,
): Promise<void> {
  if (knownGood === undefined) return;
  const clock = realClock;
  const watches = [
    ...[...clients.kubernetes.values()].map((cluster) =>
      createKubernetesWatch(cluster, {
        clock,
        ...(clients.knownGood?.secrets && { secrets: clients.knownGood.secrets }),
        ...(clients.knownGood?.others && { others: clients.knownGood.others }),
        onForbidden: (sentence) => warn(`known-good, cluster ${cluster.name}: ${sentence}`),
      }),
    ),
    ...[...clients.docker.values()].map((engine) =>
      createDockerWatch(engine, {
        clock,
        resyncMs,
        bindMountedFiles: knownGood.bindMountedFiles,
        onError: (error: unknown) => onError(error, `known-good: the engine ${engine.name} can not be watched`),
      }),
    ),
  ];
  const { afterMs, blameMs } = knownGood;
  const options = { store, clock, afterMs, blameMs };
  await Promise.all([
    runWatches(
      watches,
      { ...options, onError: (error, place) => onError(error, `known-good: ${place} can not be remembered`) },
      signal,
    ),
    keepingImages(),
  ]);

  /** A write to the engine, so that it is not done where nothing may be. */
  async function keepingImages(): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(keepImagesMs, signal).catch(() => undefined);
      if (signal.aborted || !mayAct()) continue;
      for (const engine of clients.docker.values()) {
        await keepImages(engine, memory, signal).catch((error: unknown) =>
          onError(error, `known-good: images of the engine ${engine.name} can not be kept`),
        );
      }
    }
  }
}
