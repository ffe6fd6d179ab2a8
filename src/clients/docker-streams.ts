import type Dockerode from 'dockerode';
import type { DockerStreams } from '../domain/docker-streams.ts';
import { dialStream } from './docker-dial.ts';
import { abortedError } from './docker-errors.ts';
import { dockerExec } from './docker-exec.ts';
import type { DockerAsk } from './docker-reads.ts';
import { streamError } from './docker-stream-errors.ts';
import { handedOn } from './handed-on.ts';
import { endedBy } from './pulled.ts';
import { sendTar } from './send-tar.ts';
import { tarLook } from './whole-tar.ts';

const beginMs = 30_000;

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
      const failure = (error: unknown): Error => streamError(asked(act), error);
      const stream = handedOn(answer, { look: tarLook(), silentMs, failure });
      endedBy(signal, stream, () => abortedError(asked(act), signal.reason));
      return stream;
    },
    putArchive: async (id, path, tar, { signal, silentMs, copyUIDGID = false }) => {
      // No directory in the place of a file, nor the other way round.
      const query = { path, noOverwriteDirNonDir: true, copyUIDGID };
      const asking = { method: 'PUT', path: archivePath(id), query } as const;
      const act = `put an archive into ${path} in ${id}`;
      (await sendTar(docker, asks, act, { asking, tar, limits: { signal, silentMs } })).resume();
    },
  };
}
