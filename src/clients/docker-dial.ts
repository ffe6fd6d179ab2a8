import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';

/** One request as the engine's API has it. */
export interface Dialled {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/containers/<id>/stop`: every part of it encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Statuses that are success, beside 200, 201 and 204. */
  readonly also?: readonly number[];
}

/** One whose answer is a stream; 200 is success. */
export interface DialledStream extends Omit<Dialled, 'method' | 'also'> {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Sent as the body, chunk by chunk; where it errs, the body has no proper end, and that error is what is rejected with. */
  readonly input?: Readable;
}

/** Its answer, parsed. Rejects with what dockerode has for an error, `statusCode` and all. */
export const dial = (docker: Dockerode, asked: Dialled, abortSignal: AbortSignal): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { also = [] } = asked;
    const statusCodes = Object.fromEntries([200, 201, 204, ...also].map((status) => [status, true]));
    docker.modem.dial({ ...optionsOf(asked), abortSignal, statusCodes }, (error, answer) =>
      error === null ? resolve(answer) : reject(error),
    );
  });

/**
 * Its answer as soon as that begins. Rejects as `dial` does. The signal ends the asking: a stream that has begun is the
 * caller's to end.
 */
export async function dialStream(
  docker: Dockerode,
  { input, ...asked }: DialledStream,
  abortSignal: AbortSignal,
): Promise<IncomingMessage> {
  const answer = await begin(docker, { ...optionsOf(asked), ...(input && { file: input }) }, abortSignal);
  if (!(answer instanceof IncomingMessage)) throw new Error('the answer is no stream');
  const { socket } = answer;
  // Node takes a connection that is reset for the end of an answer that tells no length.
  const onReset = (error: Error): void => void answer.destroy(error);
  socket.once('error', onReset);
  answer.once('close', () => socket.off('error', onReset));
  // A host that vanished sends nothing: its connection is probed.
  socket.setKeepAlive(true, probeAfterMs);
  return answer;
}

/** The connection itself, once the engine has left it to us: for both directions, each with an end of its own. */
export async function dialConnection(
  docker: Dockerode,
  asked: DialledStream,
  abortSignal: AbortSignal,
): Promise<Socket> {
  const answer = await begin(docker, { ...optionsOf(asked), hijack: true }, abortSignal);
  if (answer instanceof Socket) return answer.setKeepAlive(true, probeAfterMs);
  if (answer instanceof IncomingMessage) answer.destroy();
  throw new Error('the connection was not upgraded; is there a proxy before the engine that does not pass that on?');
}

const probeAfterMs = 10_000;

type Options = Parameters<Dockerode['modem']['dial']>[0];

const optionsOf = ({ method, path, query = {}, body = {} }: Omit<DialledStream, 'input'> | Dialled): Options => ({
  // dockerode's mark that there is a query.
  path: Object.keys(query).length === 0 ? path : `${path}?`,
  method,
  options: { _query: query, _body: body },
});

const begin = (docker: Dockerode, options: Options, abortSignal: AbortSignal): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const asked: Options = { ...options, abortSignal, isStream: true, statusCodes: { 200: true } };
    docker.modem.dial(asked, (error, answer) => {
      if (error !== null) reject(withAnswer(error));
      else if (!abortSignal.aborted) resolve(answer);
      else {
        // Nobody waits for it any more.
        if (answer instanceof IncomingMessage || answer instanceof Socket) answer.destroy();
        reject(new Error('it came too late'));
      }
    });
  });

/** Of a stream's failure docker-modem keeps the engine's own sentence in its message only; a page of another server too. */
function withAnswer(error: unknown): unknown {
  if (!(error instanceof Error) || !('statusCode' in error)) return error;
  const message = error.message.replace(/^\(HTTP code \d+\) unexpected - /, '').trim();
  return message.startsWith('<') ? error : Object.assign(error, { json: { message } });
}
