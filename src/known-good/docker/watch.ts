import type { DockerClient } from '../../domain/clients.ts';
import type { Clock } from '../../domain/clock.ts';
import { canChangeContainer } from '../../domain/container-actions.ts';
import { engineSession, type EngineSession } from '../../docker/engine-session.ts';
import { messageOf } from '../../domain/errors.ts';
import type { PlatformWatch, Recorder } from '../recorder.ts';
import { createView } from './view.ts';

const shortestPauseMs = 500;
/** What changes which container has which name: all of them are read again. */
const renaming = new Set(['create', 'destroy', 'rename']);

export interface DockerWatchOptions {
  readonly clock: Clock;
  /** How often everything is read again, ms; 30,000 is usual. */
  readonly resyncMs: number;
  /** Whether files of the host that are mounted into containers are looked at, each time. */
  readonly bindMountedFiles?: boolean;
  /** A container that can not be read, or an engine that does not answer. The watch goes on. */
  readonly onError: (error: unknown) => void;
}

/** Watches the containers, networks and volumes of one engine: upon each event, and all of them every `resyncMs`. */
export function createDockerWatch(client: DockerClient, options: DockerWatchOptions): PlatformWatch {
  const place = `docker/${client.name}`;
  const { clock, resyncMs, onError } = options;
  return {
    place,
    async run(recorder, signal) {
      let pauseMs = shortestPauseMs;
      while (!signal.aborted) {
        let synced = false;
        try {
          await session(client, recorder, options, signal, () => {
            synced = true;
          });
        } catch (error) {
          if (signal.aborted) break;
          onError(error);
          recorder.interrupted(`docker engine ${client.name} is not watched: ${messageOf(error)}`);
        }
        pauseMs = synced ? shortestPauseMs : Math.min(pauseMs * 2, resyncMs);
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    },
  };
}

function session(
  client: DockerClient,
  recorder: Recorder,
  { clock, resyncMs, bindMountedFiles = false, onError }: DockerWatchOptions,
  over: AbortSignal,
  onSync: () => void,
): Promise<void> {
  recorder.only(['container', 'network', 'volume', ...(bindMountedFiles ? ['file'] : [])]);
  const view = createView(client, recorder, onError, bindMountedFiles);
  const all = (engine: EngineSession): Promise<void> =>
    engine.read('all', () => view.readAll(clock.now(), engine.signal));

  return engineSession(
    over,
    (engine) =>
      client.objectEvents(({ type, action, container, at }) => {
        if (!canChangeContainer(action)) return;
        if (type !== 'container' ? container === '' || type === 'volume' : renaming.has(action)) void all(engine);
        else void engine.read(container, () => view.readOne(container, at, engine.signal));
      }, engine.signal),
    async (engine) => {
      while (!engine.signal.aborted) {
        await all(engine);
        onSync();
        recorder.current();
        await clock.sleep(resyncMs, engine.signal);
      }
    },
  );
}
