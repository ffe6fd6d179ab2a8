import { IncomingMessage } from 'node:http';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { DockerObjects, ObjectEvent } from '../domain/docker-objects.ts';
import { ActionError } from '../domain/errors.ts';
import { dockerChanges } from './docker-changes.ts';
import { dial } from './docker-dial.ts';
import { NoEvent, readLines } from './docker-events.ts';
import type { DockerAsk } from './docker-reads.ts';
import { dockerScratch } from './docker-scratch.ts';
import { dockerWrites } from './docker-writes.ts';

const readMs = 2_000;
const infoMs = 10_000;

const anyObject = z.record(z.string(), z.unknown());
const anyObjects = z.array(anyObject);
const withVolumes = z.object({ Volumes: anyObjects.nullish() });
const withNames = z.array(z.object({ RepoTags: z.array(z.string()).nullish() }));
const imageFacts = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() });
const event = z.object({
  Type: z.enum(['container', 'network', 'volume']),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  timeNano: z.number().default(0),
});

/** Networks, volumes, images, and what happens to all of them. Part of the client of an engine. */
export function dockerObjects(docker: Dockerode, asks: DockerAsk): DockerObjects {
  const { ask, read } = asks;
  const get = (act: string, path: string, signal: AbortSignal | undefined): Promise<unknown> =>
    ask(act, readMs, signal, (abortSignal) => dial(docker, { method: 'GET', path }, abortSignal));
  return {
    ...dockerChanges(docker, asks),
    ...dockerWrites(docker, asks),
    ...dockerScratch(docker, asks),
    info: async (signal) => {
      const act = 'ask it about itself';
      // It counts its containers for it, and asks its plugins.
      const answer = await ask(act, infoMs, signal, (abortSignal) =>
        dial(docker, { method: 'GET', path: '/info' }, abortSignal),
      );
      return read(act, answer, (value) => anyObject.parse(value));
    },
    networks: async (signal) => {
      const act = 'list networks';
      return read(act, await get(act, '/networks', signal), (answer) => anyObjects.parse(answer));
    },
    volumes: async (signal) => {
      const act = 'list volumes';
      return read(act, await get(act, '/volumes', signal), (answer) => withVolumes.parse(answer).Volumes ?? []);
    },
    image: async (reference, signal) => {
      const act = `inspect image ${reference}`;
      try {
        // A reference has slashes, and the engine wants them as they are.
        const path = `/images/${reference.split('/').map(encodeURIComponent).join('/')}/json`;
        const { Id, RepoDigests } = read(act, await get(act, path, signal), (answer) => imageFacts.parse(answer));
        return { id: Id, digests: RepoDigests ?? [] };
      } catch (error) {
        if (error instanceof ActionError && error.reason === 'not-found') return undefined;
        throw error;
      }
    },
    imagesNamed: async (repository, signal) => {
      const act = `list the images of ${repository}`;
      const query = { filters: JSON.stringify({ reference: [repository] }) };
      const answer = await ask(act, readMs, signal, (abortSignal) =>
        dial(docker, { method: 'GET', path: '/images/json', query }, abortSignal),
      );
      const named = read(act, answer, (value) => withNames.parse(value)).flatMap(({ RepoTags }) => RepoTags ?? []);
      // An image is told with all its names.
      return named.filter((reference) => reference.startsWith(`${repository}:`));
    },
    objectEvents: async (onEvent, signal) => {
      const act = 'tell what happens to its objects';
      const request = new AbortController();
      const stop = (): void => request.abort();
      signal.addEventListener('abort', stop, { once: true });
      try {
        const stream = await ask(act, readMs, signal, () =>
          docker.getEvents({
            since: Date.now() / 1000,
            filters: { type: ['container', 'network', 'volume'] },
            abortSignal: request.signal,
          }),
        );
        // A host that vanished sends nothing: without probes the stream would be silent for ever.
        if (stream instanceof IncomingMessage) stream.socket.setKeepAlive(true, 10_000);
        await readLines(stream, (line) => onEvent(parse(line)));
        if (!signal.aborted) throw new Error('the stream of events ended');
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NoEvent) read(act, error, garbled);
        // In the words of every other failure of a request.
        await ask(act, readMs, undefined, () => Promise.reject(error));
      } finally {
        stop();
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

const garbled = (error: unknown): never => {
  throw error;
};

function parse(line: string): ObjectEvent {
  try {
    const { Type, Action, Actor, timeNano } = event.parse(JSON.parse(line));
    const container = Type === 'container' ? Actor.ID : (Actor.Attributes?.['container'] ?? '');
    return { type: Type, action: Action, id: Actor.ID, container, at: timeNano / 1e6 };
  } catch (error) {
    throw new NoEvent(`no event: ${line.slice(0, 200)}`, { cause: error });
  }
}
