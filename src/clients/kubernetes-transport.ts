import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeAnswer } from './kubernetes-errors.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'POST';
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
  close(): void;
}

const maxBytes = 256 * 1024 * 1024;
/** Requests at the same time; more of them wait. Few, for a cluster that is in trouble. */
const sockets = { keepAlive: true, maxSockets: 8 };

/** `load` reads the credentials; again, when the API does not know them any more. */
export function kubeTransport(load: () => KubeConfig): KubeTransport {
  let access = load();
  const server = new URL(access.getCurrentCluster()?.server ?? '');
  const secure = server.protocol === 'https:';
  const agent = secure ? new https.Agent(sockets) : new http.Agent(sockets);

  async function once(request: KubeRequest, signal: AbortSignal): Promise<KubeAnswer> {
    const credentials: http.OutgoingHttpHeaders = {};
    const options: https.RequestOptions = { headers: credentials };
    // Tokens are renewed and credential plugins run in here; it fills in the headers that it is given.
    await access.applyToHTTPSOptions(options);
    const proxied = access.getCurrentCluster()?.proxyUrl !== undefined;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: http.OutgoingHttpHeaders = {
      ...credentials,
      accept: 'application/json',
      'user-agent': 'paramedic',
      ...(body !== undefined && {
        'content-type': request.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    };
    return await exchange(secure, body, {
      ...options,
      headers,
      signal,
      method: request.method,
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? undefined : Number(server.port),
      path: server.pathname.replace(/\/+$/, '') + request.path,
      agent: proxied ? options.agent : agent,
    });
  }

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

  return { address: server.origin + server.pathname.replace(/\/+$/, ''), send, close: () => agent.destroy() };
}

/** Over after that time, or as soon as the signal aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
  });

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

function exchange(secure: boolean, body: string | undefined, options: https.RequestOptions): Promise<KubeAnswer> {
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(options, (response) => {
      readAll(response).then(resolve, reject);
    });
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
