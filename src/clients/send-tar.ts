import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import type { StreamLimits } from '../domain/docker-streams.ts';
import type { ActionError } from '../domain/errors.ts';
import { dialStream, type DialledStream } from './docker-dial.ts';
import type { Asked } from './docker-errors.ts';
import type { DockerAsk } from './docker-reads.ts';
import { InputBroke, streamError } from './docker-stream-errors.ts';
import { passedOn } from './passed-on.ts';
import { patience } from './patience.ts';
import { unheard } from './pulled.ts';
import { silence } from './unless-silent.ts';
import { wholeTar } from './whole-tar.ts';

/** As long as a timer can be: silence is what ends it. */
const noDeadlineMs = 2 ** 31 - 1;

interface Sent {
  readonly asking: Omit<DialledStream, 'input'>;
  readonly tar: Readable;
  readonly limits: StreamLimits;
}

/**
 * Gives an engine a tar, chunk by chunk, and answers what it says to that once it has all of it. A tar that errs or has no end
 * has none for the engine either. Throws ActionError.
 */
export async function sendTar(
  docker: Dockerode,
  { ask, asked }: DockerAsk,
  act: string,
  { asking, tar, limits: { signal, silentMs } }: Sent,
): Promise<IncomingMessage> {
  const request = new AbortController();
  let failure: ActionError | undefined;
  const engine = patience(silentMs, () => {
    failure = streamError(asked(act), silence(silentMs));
    request.abort();
  });
  // Half a tar that has an end would be unpacked as if it were all of it.
  const input = passedOn(unheard(tar), wholeTar(tar), engine);
  try {
    return await ask(act, noDeadlineMs, signal, async (abort) => {
      abort.addEventListener('abort', () => request.abort(), { once: true });
      const answer = await dialStream(docker, { ...asking, input }, request.signal).catch(unlessInput(asked(act)));
      if (!input.readableEnded) throw streamError(asked(act), new Error('it was done before it had all of it'));
      return unheard(answer);
    });
  } catch (error) {
    throw failure ?? error;
  } finally {
    engine.end();
    input.destroy();
  }
}

/** What the connection broke of is its fault, or ours. */
const unlessInput =
  (asked: Asked) =>
  (error: unknown): never => {
    throw error instanceof InputBroke ? streamError(asked, error) : error;
  };
