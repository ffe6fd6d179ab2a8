import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One request of which the test says what comes of it: an answer through `res`, or bytes on the connection itself. */
export interface StreamsRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly socket: Socket;
}

/** What a fake engine does; each may be replaced at any time. */
export interface StreamsScript {
  /** `POST /containers/ID/exec`; its body was read. */
  prepare(request: StreamsRequest): void;
  /** `POST /exec/ID/start` without a leave for the connection; the head of the answer is not sent yet. */
  start(request: StreamsRequest): void;
  /** The same with one: the connection is the process's, which reads its input from it and writes frames. */
  converse(socket: Socket): void;
  /** `GET /exec/ID/json` */
  ended(request: StreamsRequest): void;
  /** `GET` or `PUT /containers/ID/archive` */
  archive(request: StreamsRequest): unknown;
}

/** A Docker engine as far as streams go: a real HTTP server. */
export interface StreamsEngine {
  readonly host: string;
  readonly requests: readonly string[];
  /** The last body of a request to run a command. */
  command(): unknown;
  readonly script: StreamsScript;
  /** The next processes write these bytes, and end. */
  writes(...bytes: readonly Uint8Array[]): void;
  /** The connection of the next process, over which nothing was sent yet. */
  connected(): Promise<Socket>;
  close(): Promise<void>;
}

/** The head that an engine sends before what a process writes: what follows goes on until the connection ends. */
const rawStream = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n';

export const json = ({ res }: StreamsRequest, status: number, body: unknown): void =>
  void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Resolves once the other end has destroyed the connection, and not only ended its half of it. Nothing more is read. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    // Only a byte that can not be delivered tells the one from the other.
    const poke = (): unknown => socket.write('.');
    if (socket.readableEnded) poke();
    return void socket.resume().on('end', poke).on('close', resolve);
  });

/**
 * A process writes nothing and ends with 0, unless the test says otherwise. Without a port it is behind a unix socket, which
 * holds little of what is on its way.
 */
export async function streamsEngine(server: Server = createServer(), port?: number): Promise<StreamsEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-engine-'));
  const path = join(folder, 'docker.sock');
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let command: unknown;
  const script: StreamsScript = {
    prepare: (request) => json(request, 201, { Id: 'e1' }),
    start: ({ socket }) => void socket.end(rawStream),
    converse: (socket) => void socket.resume().on('end', () => socket.end()),
    ended: (request) => json(request, 200, { Running: false, ExitCode: 0 }),
    archive: (request) => json(request, 404, { message: 'no such file' }),
  };
  async function answer(request: StreamsRequest): Promise<void> {
    const { url = '', method } = request.req;
    if (url.includes('/archive')) return void script.archive(request);
    const body = await textOf(request.req);
    if (url.endsWith('/start')) return script.start(request);
    if (method === 'GET') return script.ended(request);
    command = JSON.parse(body);
    return script.prepare(request);
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // A client that breaks off is what is tested.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    requests.push(`${req.method} ${req.url}`);
    req.on('error', () => undefined);
    void answer({ req, res, socket: req.socket });
  });
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    requests.push(`${req.method} ${req.url} upgraded to ${req.headers.upgrade}`);
    // The body of the request, which the parser leaves to us.
    const left = Number(req.headers['content-length']) - head.byteLength;
    const begin = (): void => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      script.converse(socket);
    };
    if (left <= 0) begin();
    else {
      // Not by its data: it would flow on, and what the process is sent might be lost.
      socket.once('readable', () => {
        socket.read(left);
        begin();
      });
    }
  });
  if (port === undefined) server.listen(path);
  else server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    host: typeof address === 'object' ? `tcp://127.0.0.1:${address?.port}` : path,
    requests,
    command: () => command,
    script,
    writes: (...bytes) => {
      script.start = ({ socket }) => void socket.end(Buffer.concat([Buffer.from(rawStream), ...bytes]));
    },
    connected: () =>
      new Promise((resolve) => {
        script.start = ({ socket }) => {
          socket.write(rawStream);
          resolve(socket);
        };
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text;
}
