import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';

const file = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string().startsWith('https://'),
        'certificate-authority': z.string().optional(),
        'certificate-authority-data': z.string().optional(),
      }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: z.string().optional(),
        'client-certificate': z.string().optional(),
        'client-certificate-data': z.string().optional(),
        'client-key': z.string().optional(),
        'client-key-data': z.string().optional(),
      }),
    }),
  ),
});

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query: `/api/v1/namespaces?limit=5` */
  readonly path: string;
  readonly body?: unknown;
  /** `application/json` when absent. */
  readonly contentType?: string;
}
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The API of one cluster as the tests use it: plain HTTPS, so that they share no mistake with the client they test. */
export interface ClusterApi {
  readonly server: string;
  /** PEM; empty when the system's authorities are to be used. */
  readonly ca: string;
  /** Answers whatever the status is; rejects when no answer comes within 60 s. */
  send(what: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

/** Whom the API server writes into its audit log for what the tests themselves do. */
export const harnessAgent = 'cluster-harness';

/** Reads a kubeconfig: its current context, with a client certificate or a token; no plugins. */
export async function connectApi(kubeconfig: string): Promise<ClusterApi> {
  const {
    'current-context': current,
    contexts,
    clusters,
    users,
  } = file.parse(parse(await readFile(kubeconfig, 'utf8')));
  const context = contexts.find(({ name }) => name === current)?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = users.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig}: its current context names nothing`);
  const pem = async (data: string | undefined, path: string | undefined) => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    return path === undefined ? '' : readFile(resolve(dirname(kubeconfig), path), 'utf8');
  };
  const ca = await pem(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = await pem(user['client-certificate-data'], user['client-certificate']);
  const key = await pem(user['client-key-data'], user['client-key']);
  if (cert === '' && user.token === undefined)
    throw new Error(`${kubeconfig} has neither a client certificate nor a token`);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 8,
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert, key }),
  });
  const server = cluster.server.replace(/\/$/, '');
  const headers = {
    'user-agent': harnessAgent,
    accept: 'application/json',
    ...(user.token === undefined ? {} : { authorization: `Bearer ${user.token}` }),
  };

  const send = ({ method, path, body, contentType = 'application/json' }: ApiRequest): Promise<ApiAnswer> =>
    new Promise((answer, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const asked = request(
        `${server}${path}`,
        {
          method,
          agent,
          // Node adds no length to a DELETE, and its body would be read as the next request.
          headers:
            text === undefined
              ? headers
              : { ...headers, 'content-type': contentType, 'content-length': Buffer.byteLength(text) },
          signal: AbortSignal.timeout(60_000),
        },
        (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
          response.on('error', reject);
          response.on('end', () => {
            const isJson = response.headers['content-type']?.startsWith('application/json') === true;
            const parsed: unknown = isJson ? JSON.parse(received) : received;
            answer({ status: response.statusCode ?? 0, body: parsed });
          });
        },
      );
      asked.on('error', reject);
      asked.end(text);
    });
  return { server, ca, send, close: () => agent.destroy() };
}

const sentence = z.object({ message: z.string() });

/** Polls until the answer is neither undefined nor false. Throws, with the last failure, when the time is over. */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = '';
    } catch (error) {
      last = error instanceof Error ? `: ${error.message}` : '';
    }
    if (Date.now() > deadline) throw new Error(`${what} did not come about within ${timeoutMs} ms${last}`);
    await sleep(100);
  }
}

/** The body of an answer. Throws, with the API's own sentence, when it is no success. */
export function expectSuccess({ method, path }: ApiRequest, { status, body }: ApiAnswer): unknown {
  if (status >= 200 && status < 300) return body;
  const why = sentence.safeParse(body).data?.message ?? JSON.stringify(body).slice(0, 300);
  throw new Error(`${method} ${path} answered ${status}: ${why}`);
}

/** Sends, and rejects when the answer is no success. */
export async function succeed(api: Pick<ClusterApi, 'send'>, what: ApiRequest): Promise<unknown> {
  return expectSuccess(what, await api.send(what));
}
