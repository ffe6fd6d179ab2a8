import { IncomingMessage } from 'node:http';
import type Dockerode from 'dockerode';
import type { DockerConfig } from '../config/config.ts';
import type { DockerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { dockerConnection } from './docker-connection.ts';
import { GivenUp, withDeadline } from './docker-deadline.ts';
import { abortedError, dockerError, garbledError, timeoutError, type Asked } from './docker-errors.ts';
import { NoEvent, readEvents } from './docker-events.ts';
import { dockerImages } from './docker-images.ts';
import { dockerObjects } from './docker-objects.ts';
import { dockerReads } from './docker-reads.ts';
import { containerState, containerSummaries } from './docker-state.ts';
import { dockerStreams } from './docker-streams.ts';
import { hostFiles } from './host-file.ts';
import { engineTime } from './docker-time.ts';

const readMs = 2_000;
const startMs = 30_000;

/**
 * A client of one engine; opens no connection yet. dockerode is loaded here, so that it costs nothing where no engine
 * is configured. Throws UserError when the host is no address.
 */
export async function createDockerClient(config: DockerConfig): Promise<DockerClient> {
  const connection = dockerConnection(config);
  const { default: Docker } = await import('dockerode');
  return dockerClient(config, new Docker(connection));
}

function dockerClient({ name, host }: DockerConfig, docker: Dockerode): DockerClient {
  const asked = (act: string): Asked => ({ engine: name, address: host, act });

  /** One request: bounded in time, its failure an ActionError. */
  async function ask<T>(
    act: string,
    timeoutMs: number,
    caller: AbortSignal | undefined,
    send: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await withDeadline(timeoutMs, caller, send);
    } catch (error) {
      if (!(error instanceof GivenUp)) throw dockerError(asked(act), error);
      throw error.by === 'deadline' ? timeoutError(asked(act), timeoutMs) : abortedError(asked(act), error.cause);
    }
  }
  const read = <T>(act: string, answer: unknown, parse: (answer: unknown) => T): T => {
    try {
      return parse(answer);
    } catch (error) {
      throw garbledError(asked(act), error);
    }
  };
  // An id goes into the request's path as it is.
  const container = (id: string): Dockerode.Container => docker.getContainer(encodeURIComponent(id));

  const client: DockerClient = {
    name,
    ping: (signal) => ask('ping', readMs, signal, (abortSignal) => ping(docker, abortSignal)),
    list: async (signal) => {
      const answer = await ask('list containers', readMs, signal, (abortSignal) =>
        docker.listContainers({ all: true, abortSignal }),
      );
      return read('list containers', answer, containerSummaries);
    },
    inspect: async (id, signal) => {
      const act = `inspect ${id}`;
      try {
        const answer = await ask(act, readMs, signal, (abortSignal) => container(id).inspect({ abortSignal }));
        return read(act, answer, containerState);
      } catch (error) {
        if (error instanceof ActionError && error.reason === 'not-found') return undefined;
        throw error;
      }
    },
    ...dockerReads(docker, { asked, ask, read }),
    ...dockerObjects(docker, { asked, ask, read }),
    ...dockerStreams(docker, { asked, ask, read }),
    ...dockerImages(docker, { asked, ask, read }),
    // Reading them through the engine would have it make what is missing, mount volumes, and lock the container.
    ...(host.startsWith('/') && { hostFile: hostFiles() }),
    start: (id, signal) =>
      ask(`start ${id}`, startMs, signal, (abortSignal) =>
        container(id).start({ abortSignal }).then(nothing, unlessAlreadyStarted),
      ),
    restart: (id, stopTimeoutS, signal) =>
      ask(`restart ${id}`, stopTimeoutS * 1000 + startMs, signal, (abortSignal) =>
        container(id).restart({ t: stopTimeoutS, abortSignal }).then(nothing),
      ),
    unpause: async (id, signal) => {
      try {
        await ask(`unpause ${id}`, readMs, signal, (abortSignal) => container(id).unpause({ abortSignal }));
      } catch (error) {
        // 409 (500 from older engines) is also said of one that is not paused: then nothing is left to do.
        const refused = error instanceof ActionError && ['conflict', 'server-error'].includes(error.reason);
        const state = refused ? await client.inspect(id, signal) : undefined;
        if (state === undefined || state.status === 'paused') throw error;
      }
    },
    stoppedAt: async (id, endedAtMs, signal) => {
      const act = `tell whether ${id} was stopped`;
      let last: number | undefined;
      // The engine waits for an end that is ahead of its clock, so the end is told by that clock; it tells seconds only,
      // and where the last one matters it is waited for.
      const now = await ask(act, readMs, signal, (abortSignal) => engineTime(docker, abortSignal));
      const until = now - endedAtMs > 2_000 ? now : now + 1_000;
      await ask(act, 2 * readMs, signal, async (abortSignal) => {
        const options: Dockerode.GetEventsOptions = {
          // The stop is told after the end, but by another clock within the engine.
          since: (endedAtMs - 1_000) / 1000,
          until: until / 1000,
          filters: { type: ['container'], container: [id], event: ['stop'] },
          abortSignal,
        };
        await readEvents(await docker.getEvents(options), ({ at }) => {
          last = at;
        });
      });
      return last;
    },
    events: async (onEvent, signal) => {
      const act = 'tell its events';
      const request = new AbortController();
      const stop = (): void => request.abort();
      signal.addEventListener('abort', stop, { once: true });
      // From this moment on, also when the connection takes a while: the engine replays what it remembers.
      const options: Dockerode.GetEventsOptions = {
        since: Date.now() / 1000,
        filters: { type: ['container'] },
        abortSignal: request.signal,
      };
      try {
        const stream = await ask(act, readMs, signal, () => docker.getEvents(options));
        // A host that vanished sends nothing: without probes the stream would be silent for ever.
        if (stream instanceof IncomingMessage) stream.socket.setKeepAlive(true, 10_000);
        await readEvents(stream, onEvent);
        if (!signal.aborted) throw new Error('the stream of events ended');
      } catch (error) {
        if (!signal.aborted)
          throw error instanceof NoEvent ? garbledError(asked(act), error) : dockerError(asked(act), error);
      } finally {
        stop();
        signal.removeEventListener('abort', stop);
      }
    },
  };
  return client;
}

const nothing = (): void => undefined;

/** dockerode throws 304, which says that there was nothing to do. */
function unlessAlreadyStarted(error: unknown): void {
  const already = error instanceof Error && 'statusCode' in error && error.statusCode === 304;
  if (!already) throw error;
}

/** `docker.ping()` takes no signal in its types. */
const ping = (docker: Dockerode, abortSignal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    docker.modem.dial({ path: '/_ping', method: 'GET', abortSignal, statusCodes: { 200: true } }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
