import type Dockerode from 'dockerode';
import type { DockerStreams } from '../domain/docker-streams.ts';
import type { ActionError } from '../domain/errors.ts';
import { dialStream, type DialledStream } from './docker-dial.ts';
import { abortedError, type Asked } from './docker-errors.ts';
import { dockerExec } from './docker-exec.ts';
import type { DockerAsk } from './docker-reads.ts';
import { InputBroke, streamError } from './docker-stream-errors.ts';
import { passedOn } from './passed-on.ts';
import { patience } from './patience.ts';
import { endedBy, pulled, unheard } from './pulled.ts';
import { silence, unlessSilent } from './unless-silent.ts';
import { wholeTar } from './whole-tar.ts';

const beginMs = 30_000;
/** As long as a timer can be: silence is what ends it. */
const noDeadlineMs = 2 ** 31 - 1;

/** What is too large to be held, into and out of containers. Part of the client of an engine. */
export function dockerStreams(docker: Dockerode, asks: DockerAsk): DockerStreams {
  const { ask, asked } = asks;
  const archivePath = (id: string): string => `/containers/${encodeURIComponent(id)}/archive`;
  return {
    ...dockerExec(docker, asks),
    archive: async (id, path, { signal, silentMs }) => {
      const act = `give an archive of ${path} in ${id}`;
      const answer = await ask(act, beginMs, signal, (abort) =>
        dialStream(docker, { method: 'GET', path: archivePath(id), query: { path } }, abort),
      );
      const tar = wholeTar(unlessSilent(answer, silentMs));
      const stream = pulled(tar, answer, (error) => streamError(asked(act), error));
      endedBy(signal, stream, () => abortedError(asked(act), signal.reason));
      return stream;
    },
    putArchive: async (id, path, tar, { signal, silentMs, copyUIDGID = false }) => {
      const act = `put an archive into ${path} in ${id}`;
      const request = new AbortController();
      let failure: ActionError | undefined;
      const engine = patience(silentMs, () => {
        failure = streamError(asked(act), silence(silentMs));
        request.abort();
      });
      // Half a tar that has an end would be unpacked as if it were all of it.
      const input = passedOn(unheard(tar), wholeTar(tar), engine);
      // No directory in the place of a file, nor the other way round.
      const query = { path, noOverwriteDirNonDir: true, copyUIDGID };
      try {
        await ask(act, noDeadlineMs, signal, async (abort) => {
          abort.addEventListener('abort', () => request.abort(), { once: true });
          const asking: DialledStream = { method: 'PUT', path: archivePath(id), query, input };
          (await dialStream(docker, asking, request.signal).catch(unlessInput(asked(act)))).resume();
          if (!input.readableEnded) throw streamError(asked(act), new Error('it was done before it had all of it'));
        });
      } catch (error) {
        throw failure ?? error;
      } finally {
        engine.end();
        input.destroy();
      }
    },
  };
}

/** What the connection broke of is its fault, or ours. */
const unlessInput =
  (asked: Asked) =>
  (error: unknown): never => {
    throw error instanceof InputBroke ? streamError(asked, error) : error;
  };
