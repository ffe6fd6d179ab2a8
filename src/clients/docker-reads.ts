import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { DockerClient, DockerEvent } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { dialStream } from './docker-dial.ts';
import type { Asked } from './docker-errors.ts';
import { NoEvent, readEvents } from './docker-events.ts';
import { NoFrame } from './docker-frames.ts';
import { readLog } from './docker-log.ts';
import { engineTime } from './docker-time.ts';

const readMs = 2_000;
const logMs = 5_000;
/** What tells of a container's life: its health checks alone fill the engine's memory of everything else in minutes. */
const telling = 'create start restart die kill stop oom pause unpause destroy rename update health_status'.split(' ');

const anyObject = z.record(z.string(), z.unknown());
const withTerminal = z.object({ Config: z.object({ Tty: z.boolean().default(false) }) });

/** The two ways of a client to ask: one request, bounded in time, and what its answer has to be. `asked`: for messages. */
export interface DockerAsk {
  readonly asked: (act: string) => Asked;
  readonly ask: <T>(
    act: string,
    timeoutMs: number,
    caller: AbortSignal | undefined,
    send: (abortSignal: AbortSignal) => Promise<T>,
  ) => Promise<T>;
  readonly read: <T>(act: string, answer: unknown, parse: (answer: unknown) => T) => T;
}

/** What evidence is made of. Part of the client of an engine. */
export function dockerReads(
  docker: Dockerode,
  { ask, read }: DockerAsk,
): Pick<DockerClient, 'describe' | 'logs' | 'history'> {
  const inspect = (act: string, id: string, signal: AbortSignal | undefined): Promise<unknown> =>
    ask(act, readMs, signal, (abortSignal) => docker.getContainer(encodeURIComponent(id)).inspect({ abortSignal }));
  /** What is no frame, or no event, was not said by an engine. */
  const streamed = async <T>(act: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      const cause = error instanceof ActionError ? error.cause : undefined;
      if (cause instanceof NoFrame || cause instanceof NoEvent)
        return read(act, undefined, () => {
          throw cause;
        });
      throw error;
    });
  return {
    describe: async (id, signal) => {
      const act = `describe ${id}`;
      try {
        return read(act, await inspect(act, id, signal), (answer) => anyObject.parse(answer));
      } catch (error) {
        if (error instanceof ActionError && error.reason === 'not-found') return undefined;
        throw error;
      }
    },
    logs: async (id, { lines, maxBytes }, signal) => {
      const act = `tell the log of ${id}`;
      const { Config } = read(act, await inspect(act, id, signal), (answer) => withTerminal.parse(answer));
      return streamed(
        act,
        ask(act, logMs, signal, async (abortSignal) =>
          readLog(await openLog(docker, id, lines, abortSignal), Config.Tty, maxBytes),
        ),
      );
    },
    history: async (id, sinceMs, signal) => {
      const act = `tell what happened to ${id}`;
      const events: DockerEvent[] = [];
      // Without an end that is past by its own clock the engine would go on telling.
      const now = await ask(act, readMs, signal, (abortSignal) => engineTime(docker, abortSignal));
      const options: Dockerode.GetEventsOptions = {
        since: sinceMs / 1000,
        until: now / 1000,
        filters: { type: ['container'], container: [id], event: telling },
      };
      const told = ask(act, readMs, signal, async (abortSignal) => {
        await readEvents(await docker.getEvents({ ...options, abortSignal }), (event) => events.push(event));
      });
      await streamed(act, told);
      return events;
    },
  };
}

/** dockerode takes a log that does not go on for JSON, and reads all of it first. */
const openLog = (docker: Dockerode, id: string, lines: number, abortSignal: AbortSignal): Promise<Readable> => {
  const query = { stdout: true, stderr: true, timestamps: true, tail: lines };
  return dialStream(docker, { method: 'GET', path: `/containers/${encodeURIComponent(id)}/logs`, query }, abortSignal);
};
