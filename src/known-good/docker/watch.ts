import type { DockerClient } from '../../domain/clients.ts';
import type { Clock } from '../../domain/clock.ts';
import { canChangeContainer } from '../../domain/container-actions.ts';
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

/** Ends when the signal aborts, and throws when the events break off or the engine does not answer. */
async function session(
  client: DockerClient,
  recorder: Recorder,
  { clock, resyncMs, bindMountedFiles = false, onError }: DockerWatchOptions,
  signal: AbortSignal,
  onSync: () => void,
): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  recorder.only(['container', 'network', 'volume', ...(bindMountedFiles ? ['file'] : [])]);
  const view = createView(client, recorder, onError, bindMountedFiles);

  // One after the other, and one that is waiting already is not asked for twice: a burst of events is no burst of reads.
  const waiting = new Set<string>();
  let reads = Promise.resolve();
  const read = (what: string, work: () => Promise<void>): Promise<void> => {
    if (waiting.has(what)) return reads;
    waiting.add(what);
    reads = readAfter(reads, what, work);
    reads.catch((error: unknown) => over.abort(error));
    return reads;
  };
  async function readAfter(others: Promise<void>, what: string, work: () => Promise<void>): Promise<void> {
    await others;
    waiting.delete(what);
    if (!over.signal.aborted) await work();
  }
  const all = (): Promise<void> => read('all', () => view.readAll(clock.now(), over.signal));

  // The events first, so that nothing falls between them and the first reading.
  const events = client.objectEvents(({ type, action, container, at }) => {
    if (!canChangeContainer(action)) return;
    if (type !== 'container' ? container === '' || type === 'volume' : renaming.has(action)) void all();
    else void read(container, () => view.readOne(container, at, over.signal));
  }, over.signal);
  const resync = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await all();
      onSync();
      recorder.current();
      await clock.sleep(resyncMs, over.signal);
    }
  };
  const synced = resync();
  await Promise.race([events, synced]).catch((error: unknown) => over.abort(error));
  end();
  signal.removeEventListener('abort', end);
  await Promise.allSettled([events, synced, reads]);
  // What ended it first is the abort's reason.
  if (!signal.aborted) over.signal.throwIfAborted();
}
