import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import { kubeconfigOf } from './kube-api.ts';

/** One process that was asked for. */
export interface Asked {
  /** `/api/v1/namespaces/shop/pods/db-0/exec` */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Below the connection. */
  readonly wire: Socket;
}

/** The part of a cluster's API that runs commands in pods: a real server of WebSockets that says what a test has it say. */
export interface KubeExecApi {
  readonly client: KubernetesClient;
  readonly asked: readonly Asked[];
  /** The next connection, open, of which nothing was said yet. */
  connected(): Promise<WebSocket>;
  /** In the order in which it would like to speak them; none: it knows no such thing. */
  protocols: readonly string[];
  /** Answered to the next one instead of a connection: a status, and a body. */
  refuse(status: number, body: string): void;
  close(): Promise<void>;
}

export async function startKubeExecApi(): Promise<KubeExecApi> {
  const asked: Asked[] = [];
  const refusals: { status: number; body: string }[] = [];
  const waiting: ((socket: WebSocket) => void)[] = [];
  const api = { protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as readonly string[] };
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (wanted) => api.protocols.find((one) => wanted.has(one)) ?? false,
  });
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, wire: Socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    asked.push({ path: pathname, query: searchParams, headers: request.headers, wire });
    const wanted = String(request.headers['sec-websocket-protocol']).split(',');
    const isSpoken = wanted.some((one) => api.protocols.includes(one.trim()));
    const refusal = refusals.shift() ?? (isSpoken ? undefined : { status: 400, body: 'unsupported protocol' });
    if (refusal !== undefined) {
      const { status, body } = refusal;
      wire.end(
        `HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, wire, head, (socket) => waiting.shift()?.(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'kube-exec-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  return Object.assign(api, {
    client,
    asked,
    connected: () => new Promise<WebSocket>((resolve) => waiting.push(resolve)),
    refuse: (status: number, body: string) => void refusals.push({ status, body }),
    async close() {
      await client.close();
      for (const { wire } of asked) wire.destroy();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true });
    },
  });
}

/** What the API says of a process: 1 its output, 2 its errors, 3 how it ended. */
export const said = (channel: number, text: string | Buffer): Buffer =>
  Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
export const exited = (code: number): Buffer =>
  said(
    3,
    JSON.stringify(
      code === 0
        ? { kind: 'Status', status: 'Success' }
        : {
            kind: 'Status',
            status: 'Failure',
            reason: 'NonZeroExitCode',
            message: `command terminated with non-zero exit code: exit status ${code}`,
            details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
          },
    ),
  );
export const notRun = (message: string): Buffer =>
  said(3, JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'InternalError', message, code: 500 }));
