import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { KubernetesClient, Place, Resource, Resources } from '../../src/domain/kubernetes-client.ts';
import { addressOf, failure, forbidden, noSuchResource, notFoundPage, type Answer } from './kube-answers.ts';
import { KubeObjects } from './kube-objects.ts';
import type { Json } from './kube-patch.ts';

export interface KubeRequest {
  readonly method: string;
  /** `/apis/apps/v1/namespaces/shop/deployments/web` */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body?: unknown;
}

export interface KubeFault {
  /** How many requests it meets; default 1. */
  readonly times?: number;
  /** Default: every request. */
  readonly matches?: (request: KubeRequest) => boolean;
  /**
   * A status (403: for want of a role); `hang`: nothing ever comes; `reset`: the connection breaks before an answer (a
   * read over a kept connection is then asked again, once); `half`: it breaks in the middle of one; `page`: somebody
   * else's 404; `starting`: what the API says of a resource that it does not serve yet.
   */
  readonly kind:
    '401' | '403' | '409' | '410' | '429' | '500' | '503' | 'hang' | 'reset' | 'half' | 'page' | 'starting';
  readonly retryAfterS?: number;
  /** The request has been carried out all the same. */
  readonly afterEffect?: boolean;
}

/** A cluster's API as far as we ask it: a real HTTP server on 127.0.0.1 with its objects in memory, which can be told to fail. */
export interface KubeApi {
  readonly name: string;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Path of a kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** A real client of ours. */
  readonly client: KubernetesClient;
  /** All requests, in order. */
  readonly requests: readonly KubeRequest[];
  /** How many TCP connections were made to it. */
  readonly connections: number;
  /** Stores an object, what the API would fill in filled in (uid, resourceVersion, creationTimestamp, namespace `default`); replaces one of that name. */
  put<R extends Resource>(resource: R, object: object): Resources[R];
  get<R extends Resource>(resource: R, place: Place): Resources[R] | undefined;
  remove(resource: Resource, place: Place): void;
  /** What a container of a pod has written; `previous`: the instance before. */
  log(pod: Place, container: string, text: string, previous?: boolean): void;
  /** Requests that write, whether they were answered or not. */
  writes(): readonly KubeRequest[];
  /** Requests that match meet it from now on, `times` times; the oldest fault that matches counts. */
  fault(fault: KubeFault): void;
  /** Called with each write that was carried out, before it is answered: where a test plays a controller. */
  onWrite(listener: (request: KubeRequest) => void): void;
  close(): Promise<void>;
}

export interface KubeApiOptions {
  /** Of the cluster; `prod` when absent. */
  readonly name?: string;
  /** As the client is configured; none when absent. */
  readonly protectedNamespaces?: readonly string[];
}

/** Budgets count by their `status.disruptionsAllowed`, which is 0 unless it is put; nothing happens here by itself. */
export async function startKubeApi(options: KubeApiOptions = {}): Promise<KubeApi> {
  const { name = 'prod', protectedNamespaces = [] } = options;
  const objects = new KubeObjects();
  const requests: KubeRequest[] = [];
  const faults: { readonly fault: KubeFault; left: number }[] = [];
  const listeners: ((request: KubeRequest) => void)[] = [];
  let connections = 0;
  const server = createServer((req, res) => void serve(req, res));
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has such an address.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const asked = new URL(req.url ?? '/', url);
    const sent = await text(req).catch(() => '');
    // Whatever JSON.parse answers is JSON.
    const body = sent === '' ? undefined : (JSON.parse(sent) as Json);
    const { method = 'GET', headers } = req;
    const query = Object.fromEntries(asked.searchParams);
    const request = { method, path: asked.pathname, query, headers, ...(body !== undefined && { body }) };
    requests.push(request);
    const met = faults.find(({ fault, left }) => left > 0 && (fault.matches?.(request) ?? true));
    if (met !== undefined) met.left -= 1;
    let answer: Answer | undefined;
    if (met === undefined || met.fault.afterEffect === true) {
      const type = headers['content-type'] ?? '';
      answer = objects.answer(method, asked.pathname, asked.searchParams, type, body);
      if (method !== 'GET' && answer.status < 300) for (const listener of listeners) listener(request);
    }
    if (met !== undefined) breakDown(request, res, met.fault);
    else if (answer !== undefined) reply(res, answer);
  }

  const folder = mkdtempSync(join(tmpdir(), 'kube-api-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(url));
  const client = await createKubernetesClient({ name, kubeconfig, isDefault: true, protectedNamespaces });
  return {
    name,
    url,
    kubeconfig,
    client,
    requests,
    get connections() {
      return connections;
    },
    // The store holds what the test has put, whose shape is the test's own promise.
    put: <R extends Resource>(resource: R, object: object) => objects.put(resource, object) as unknown as Resources[R],
    get: <R extends Resource>(resource: R, place: Place) =>
      objects.get(resource, place.namespace, place.name) as unknown as Resources[R] | undefined,
    remove: (resource, place) => void objects.remove(resource, place.namespace, place.name),
    log: (pod, container, lines, previous) => objects.log(pod, container, lines, previous),
    writes: () => requests.filter(({ method }) => method !== 'GET'),
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    onWrite: (listener) => void listeners.push(listener),
    async close() {
      await client.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The client asks for TLS, or for the word that it is not wanted. */
export const kubeconfigOf = (server: string, token = 'kube-token'): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

function reply(res: ServerResponse, { status, body }: Answer, headers: Record<string, string> = {}): void {
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  res.writeHead(status, { 'content-type': type, ...headers });
  res.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const said: Readonly<Record<string, Answer>> = {
  '401': failure(401, 'Unauthorized', 'Unauthorized'),
  '409': failure(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified', {}),
  '410': failure(410, 'Expired', 'The provided continue parameter is too old to display a consistent list result'),
  '429': failure(429, 'TooManyRequests', 'too many requests, please try again later', { retryAfterSeconds: 1 }),
  '500': failure(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out', {}),
  '503': failure(503, 'ServiceUnavailable', 'apiserver not ready', {}),
  page: notFoundPage,
  starting: noSuchResource,
};

function breakDown({ method, path }: KubeRequest, res: ServerResponse, { kind, retryAfterS }: KubeFault): void {
  if (kind === 'hang') return;
  if (kind === 'reset') return void res.destroy();
  if (kind === 'half') {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    res.write('{"kind":"Deployment","metadata":{"name":', () => res.destroy());
    return;
  }
  const answer = kind === '403' ? forbidden(method, addressOf(path)) : said[kind];
  if (answer !== undefined) reply(res, answer, retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) });
}
