import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { DockerImages } from '../domain/docker-images.ts';
import type { StreamLimits } from '../domain/docker-streams.ts';
import { ActionError } from '../domain/errors.ts';
import { dial, dialStream, type DialledStream } from './docker-dial.ts';
import { abortedError } from './docker-errors.ts';
import type { DockerAsk } from './docker-reads.ts';
import { streamError } from './docker-stream-errors.ts';
import { handedOn } from './handed-on.ts';
import { endedBy, unheard } from './pulled.ts';
import { sendTar } from './send-tar.ts';
import { unlessSilent } from './unless-silent.ts';
import { tarLook } from './whole-tar.ts';

const beginMs = 30_000;
const registryMs = 10_000;

/** A line of what an engine says while it works at an image. */
const told = z.object({ errorDetail: z.object({ message: z.string() }) });

/** Images as a whole, and volumes of any make. Part of the client of an engine. */
export function dockerImages(docker: Dockerode, asks: DockerAsk): DockerImages {
  const { ask, asked, read } = asks;

  /** An engine that has begun to answer with 200 says in the midst of it that it failed. */
  async function mustEndWell(act: string, answer: Readable, { signal, silentMs }: StreamLimits): Promise<void> {
    const stop = (): void => void answer.destroy(abortedError(asked(act), signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    let rest = '';
    try {
      for await (const chunk of unlessSilent(answer, silentMs)) {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) mustNotComplain(act, line);
      }
    } catch (error) {
      throw error instanceof ActionError ? error : streamError(asked(act), error);
    } finally {
      signal.removeEventListener('abort', stop);
      answer.destroy();
    }
    mustNotComplain(act, rest);
  }
  function mustNotComplain(act: string, line: string): void {
    if (!line.includes('"errorDetail"')) return;
    const { errorDetail } = read(act, line, (text) => told.parse(JSON.parse(String(text))));
    throw new ActionError(
      `docker engine ${asked(act).engine}: did not ${act}: ${errorDetail.message}`,
      'server-error',
      false,
    );
  }

  return {
    saveImages: async (references, { signal, silentMs }) => {
      const act = `hand out ${references.length} images`;
      const asking: DialledStream = { method: 'GET', path: '/images/get', query: { names: [...references] } };
      const answer = await ask(act, silentMs, signal, (abort) => dialStream(docker, asking, abort));
      const failure = (error: unknown): Error => streamError(asked(act), error);
      const stream = handedOn(answer, { look: tarLook(), silentMs, failure });
      endedBy(signal, stream, () => abortedError(asked(act), signal.reason));
      return stream;
    },
    loadImages: async (tar, limits) => {
      const act = 'load images';
      const asking = { method: 'POST', path: '/images/load', query: { quiet: true } } as const;
      await mustEndWell(act, await sendTar(docker, asks, act, { asking, tar, limits }), limits);
    },
    askRegistry: async (reference, signal) => {
      // A reference has slashes, and the engine wants them as they are.
      const path = `/distribution/${reference.split('/').map(encodeURIComponent).join('/')}/json`;
      await ask(`ask the registry for ${reference}`, registryMs, signal, (abort) =>
        dial(docker, { method: 'GET', path }, abort),
      );
    },
    pullImage: async (reference, limits) => {
      const act = `pull ${reference}`;
      const asking: DialledStream = { method: 'POST', path: '/images/create', query: { fromImage: reference } };
      const answer = await ask(act, beginMs, limits.signal, (abort) => dialStream(docker, asking, abort));
      await mustEndWell(act, unheard(answer), limits);
    },
    makeVolume: async (body, signal) => {
      const act = `create volume ${String(body['Name'])}`;
      await ask(act, beginMs, signal, (abort) =>
        dial(docker, { method: 'POST', path: '/volumes/create', body }, abort),
      );
    },
  };
}
