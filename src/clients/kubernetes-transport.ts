import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeAnswer } from './kubernetes-errors.ts';
import { type KubeSocket, openSocket } from './kubernetes-socket.ts';
import { pause } from './pause.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

/** One cluster's API over connections that are kept: whatever it answers is an answer, what it does not is thrown. */
export interface KubeTransport {
  /** Its server, without credentials. */
  readonly address: string;
  /**
   * Ends by `signal`, `deadline` (ms since the epoch) only tells whether waiting is worth while. A read is asked again
   * when it is answered 429, after `Retry-After`; and once when a kept connection turns out to be closed, or the
   * credentials old. A write is sent once.
   */
  send(request: KubeRequest, deadline: number, signal: AbortSignal): Promise<KubeAnswer>;
  /**
   * A read whose answer goes on for long: its head, as soon as it is a success; else the whole answer. On a connection of
   * its own, which no other request waits for, and which alone keeps no process from ending. Ends by `signal`. Asked again,
   * once, when the credentials are old.
   */
  open(path: string, signal: AbortSignal): Promise<KubeStream | KubeAnswer>;
  /**
   * A conversation both ways, in one of the protocols: a WebSocket of its own; or the answer, where the API has refused it.
   * `signal` ends the asking: one that is open is the caller's to end. Asked again, once, when the credentials are old.
   */
  converse(path: string, protocols: readonly string[], signal: AbortSignal): Promise<KubeSocket | KubeAnswer>;
  /** Ends what is under way. */
  close(): void;
}
export interface KubeStream {
  readonly stream: http.IncomingMessage;
}

const maxBytes = 256 * 1024 * 1024;
/** Requests at the same time; more of them wait. Few, for a cluster that is in trouble. */
const sockets = { keepAlive: true, maxSockets: 8 };
/** A host that has vanished is noticed by probes, before the silence is; and a network forgets no connection that has some. */
const probeAfterMs = 10_000;

/** `load` reads the credentials; again, when the API does not know them any more. */
export function kubeTransport(load: () => KubeConfig): KubeTransport {
  let access = load();
  const server = new URL(access.getCurrentCluster()?.server ?? '');
  const secure = server.protocol === 'https:';
  const agent = secure ? new https.Agent(sockets) : new http.Agent(sockets);
  const streams = secure ? new https.Agent() : new http.Agent();

  /** Who we are, and by which way we go; `over` where there is no proxy on it. */
  async function identified(over: http.Agent) {
    const headers: Record<string, string> = { 'user-agent': 'paramedic' };
    const options: https.RequestOptions = { headers };
    // Tokens are renewed and credential plugins run in here; it fills in the headers that it is given.
    await access.applyToHTTPSOptions(options);
    const proxied = access.getCurrentCluster()?.proxyUrl !== undefined;
    return { ...options, headers, agent: proxied ? options.agent : over };
  }

  async function begin(request: KubeRequest, over: http.Agent, signal: AbortSignal): Promise<http.IncomingMessage> {
    const identity = await identified(over);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: http.OutgoingHttpHeaders = {
      ...identity.headers,
      accept: 'application/json',
      ...(body !== undefined && {
        'content-type': request.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    };
    return await exchange(secure, body, {
      ...identity,
      headers,
      signal,
      method: request.method,
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? undefined : Number(server.port),
      path: server.pathname.replace(/\/+$/, '') + request.path,
    });
  }

  const once = async (request: KubeRequest, signal: AbortSignal): Promise<KubeAnswer> =>
    readAll(await begin(request, agent, signal));

  async function send(request: KubeRequest, deadline: number, signal: AbortSignal): Promise<KubeAnswer> {
    const again = request.method === 'GET';
    let refused = false;
    for (;;) {
      const answer = await once(request, signal).catch((error: unknown) => {
        if (again && error instanceof ClosedMeanwhile) return once(request, signal);
        throw error;
      });
      if (answer.status === 401) access = reloaded(load) ?? access;
      const waitMs = (answer.retryAfterS ?? 1) * 1000;
      if (again && answer.status === 401 && !refused) refused = true;
      else if (again && answer.status === 429 && Date.now() + waitMs < deadline) await pause(waitMs, signal);
      else return answer;
    }
  }

  async function open(path: string, signal: AbortSignal): Promise<KubeStream | KubeAnswer> {
    for (let refused = false; ; refused = true) {
      const response = await begin({ method: 'GET', path }, streams, signal);
      response.socket.unref();
      response.socket.setKeepAlive(true, probeAfterMs);
      if (response.statusCode === 200) return { stream: response };
      const answer = await readAll(response);
      if (answer.status === 401) access = reloaded(load) ?? access;
      if (answer.status !== 401 || refused) return answer;
    }
  }

  const address = server.origin + server.pathname.replace(/\/+$/, '');

  async function converse(
    path: string,
    protocols: readonly string[],
    signal: AbortSignal,
  ): Promise<KubeSocket | KubeAnswer> {
    for (let refused = false; ; refused = true) {
      const url = `${address.replace(/^http/, 'ws')}${path}`;
      const opened = await openSocket({ url, protocols, options: await identified(streams) }, signal);
      if ('messages' in opened) return opened;
      const answer = await readAll(opened);
      if (answer.status === 401) access = reloaded(load) ?? access;
      if (answer.status !== 401 || refused) return answer;
    }
  }

  const close = (): void => {
    agent.destroy();
    streams.destroy();
  };
  return { address, send, open, converse, close };
}

/** A kubeconfig that is just being written is no reason to forget the one we have. */
function reloaded(load: () => KubeConfig): KubeConfig | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}

/** The server had closed the kept connection when the request came: nothing was answered. */
class ClosedMeanwhile extends Error {
  override readonly name = 'ClosedMeanwhile';
}

/** The head of the answer. */
function exchange(
  secure: boolean,
  body: string | undefined,
  options: https.RequestOptions,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(options, resolve);
    request.on('error', (error) => {
      const closed = request.reusedSocket && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code));
      reject(closed ? new ClosedMeanwhile(error.message, { cause: error }) : error);
    });
    request.end(body);
  });
}

async function readAll(response: http.IncomingMessage): Promise<KubeAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`its answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const retryAfterS = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks).toString('utf8'),
    ...(retryAfterS > 0 && { retryAfterS }),
  };
}
