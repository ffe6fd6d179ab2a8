import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import type { Answer } from './kube-answers.ts';
import { kubeconfigOf } from './kube-api.ts';
import { nextInLine } from './next-in-line.ts';

/** One request, which the test answers. */
export interface WatchRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  answer(answer: Answer, headers?: Readonly<Record<string, string>>): void;
  /** A list of pods of these names. */
  list(names: readonly string[], version: string, more?: string): void;
  /** Begins a stream. */
  open(): void;
  /** One line of the stream. */
  tell(type: string, object: object): void;
  /** Bytes of the stream, as they are: each a chunk of its own. */
  write(bytes: Buffer | string): void;
  /** Ends the answer as it should be. */
  end(): void;
  /** Cuts the connection. */
  cut(): void;
  /** Resolves when the answer is over, by whomever. */
  readonly closed: Promise<void>;
}

/** A cluster's API whose every answer is given by the test: a real HTTP server on 127.0.0.1, and a real client of ours. */
export interface KubeWatchApi {
  readonly client: KubernetesClient;
  readonly url: string;
  /** Path of the client's kubeconfig. */
  readonly kubeconfig: string;
  /** The next request; waits for it. */
  next(): Promise<WatchRequest>;
  /** Requests that have come and were not taken. */
  readonly left: readonly WatchRequest[];
  close(): Promise<void>;
}

export const pod = (name: string, resourceVersion: string, labels: Readonly<Record<string, string>> = {}) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion, labels },
});
export const bookmark = (resourceVersion: string) => ({ kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion } });

/** Its sockets keep no process from ending, so that whatever does is the client's. */
export async function startKubeWatchApi(): Promise<KubeWatchApi> {
  const requests = nextInLine<WatchRequest>();
  const server = createServer((req, res) => requests.put(watchRequest(req, res)));
  server.on('connection', (socket) => socket.unref());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  // A server that listens on TCP has such an address.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'kube-watch-api-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(url));
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  return {
    client,
    url,
    kubeconfig,
    next: () => requests.next(),
    left: requests.left,
    async close() {
      await client.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function watchRequest(req: IncomingMessage, res: ServerResponse): WatchRequest {
  const asked = new URL(req.url ?? '/', 'http://api');
  const closed = new Promise<void>((resolve) => {
    res.once('close', resolve);
  });
  const answer: WatchRequest['answer'] = ({ status, body }, headers = {}) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  return {
    path: asked.pathname,
    query: Object.fromEntries(asked.searchParams),
    headers: req.headers,
    answer,
    list(names, resourceVersion, more) {
      const items = names.map((name) => pod(name, '1'));
      const metadata = { resourceVersion, ...(more !== undefined && { continue: more }) };
      answer({ status: 200, body: { kind: 'PodList', apiVersion: 'v1', metadata, items } });
    },
    open() {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.flushHeaders();
    },
    tell: (type, object) => void res.write(`${JSON.stringify({ type, object })}\n`),
    write: (bytes) => void res.write(bytes),
    end: () => void res.end(),
    cut: () => void req.socket.destroy(),
    closed,
  };
}
