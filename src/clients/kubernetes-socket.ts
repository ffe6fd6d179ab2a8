import type { IncomingMessage } from 'node:http';
import type https from 'node:https';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket } from 'ws';

/** A WebSocket that is open. */
export interface KubeSocket {
  /**
   * Its messages, one chunk each, and no more of them than are read. Its end is how the other side leaves, whether it had
   * said all or not. Destroying it ends the connection.
   */
  readonly messages: Duplex;
  /** The one of the protocols that the other side has chosen. */
  readonly protocol: string;
}

export interface Conversation {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly options: Pick<https.RequestOptions, 'agent'> & { readonly headers: Readonly<Record<string, string>> };
}

/** An idle connection is cut by many a load balancer after a minute. */
const pingEveryMs = 10_000;
/** The API's are some tens of kilobytes. */
const maxPayload = 16 * 1024 * 1024;

/** Opens one; or answers what it was refused with. `signal` ends the asking only. */
export function openSocket(
  { url, protocols, options }: Conversation,
  signal: AbortSignal,
): Promise<KubeSocket | IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { agent, ...rest } = options;
    const socket = new WebSocket(url, [...protocols], {
      ...rest,
      ...(typeof agent === 'object' && { agent }),
      perMessageDeflate: false,
      maxPayload,
    });
    const giveUp = (): void => socket.terminate();
    const begun = (): void => signal.removeEventListener('abort', giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    // It stays: an error that nobody waits for any more is no reason to end the process.
    socket.on('error', (error) => {
      begun();
      reject(error);
    });
    socket.once('upgrade', (answer) => answer.socket.setKeepAlive(true, pingEveryMs));
    socket.once('unexpected-response', (_request, answer) => {
      begun();
      resolve(answer);
    });
    socket.once('open', () => {
      begun();
      const pings = setInterval(() => socket.ping(), pingEveryMs).unref();
      socket.once('close', () => clearInterval(pings));
      const messages = createWebSocketStream(socket, { readableObjectMode: true, readableHighWaterMark: 16 });
      resolve({ messages, protocol: socket.protocol });
    });
  });
}
