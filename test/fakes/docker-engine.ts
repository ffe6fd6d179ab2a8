import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';
import type { ContainerState } from '../../src/domain/clients.ts';

/** `reset`: the connection breaks before an answer; `truncate`: in the middle of one; `hang`: nothing ever comes. */
export type Fault = 'hang' | 'reset' | 'truncate' | { readonly status: number; readonly body: string };

/** A Docker engine as far as Paramedic asks it: a real HTTP server on 127.0.0.1 that can be told to fail. */
export interface FakeEngine {
  /** `tcp://127.0.0.1:port` */
  readonly host: string;
  /** `POST /containers/<id>/restart?t=10`, in order. */
  readonly requests: readonly string[];
  /** How many requests match. */
  count(pattern: RegExp): number;
  /** A running container, unless the fields say otherwise. */
  add(fields: Partial<ContainerState> & { readonly name: string }): ContainerState;
  set(id: string, fields: Partial<ContainerState>): void;
  remove(id: string): void;
  /** What its log request is answered with; `more` goes into what `inspect` tells beside its state: `{Config: {Tty: true}}`. */
  log(id: string, bytes: Uint8Array, more?: Readonly<Record<string, object>>): void;
  /** Its `GET /containers/{id}/changes`; before that: null, as of one that has written nothing. */
  changes(id: string, all: readonly { readonly Path: string; readonly Kind: number }[]): void;
  /** Lines of events that an engine remembers. */
  past(lines: string): void;
  /** Requests that match fail from now on; undefined mends it. */
  fail(pattern: RegExp, fault: Fault | undefined): void;
  /** Puts bytes on every open events stream. */
  emit(bytes: string | Uint8Array): void;
  /** Resolves when an events stream is open. */
  listened(): Promise<void>;
  /** Breaks every events stream off. */
  breakEvents(): void;
  close(): Promise<void>;
}

interface Asked {
  readonly act: string;
  readonly asked: string;
  readonly body: string;
}
const policy = z.object({ Name: z.string() });
const updated = z.object({ RestartPolicy: policy });
const created = z.object({
  Image: z.string(),
  Labels: z.record(z.string(), z.string()),
  HostConfig: z.object({ RestartPolicy: policy }),
});

export const eventLine = (action: string, id: string): string =>
  `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id } })}\n`;

export async function fakeDockerEngine(): Promise<FakeEngine> {
  const containers = new Map<string, ContainerState>();
  const requests: string[] = [];
  const faults = new Map<string, { readonly pattern: RegExp; readonly fault: Fault }>();
  const streams = new Set<ServerResponse>();
  const logs = new Map<string, Uint8Array>();
  const inspectedMore = new Map<string, Readonly<Record<string, object>>>();
  const changed = new Map<string, readonly object[]>();
  let remembered = '';
  const server = createServer((req, res) => {
    const asked = `${req.method} ${req.url}`;
    requests.push(asked);
    const failing = [...faults.values()].find(({ pattern }) => pattern.test(asked));
    if (failing !== undefined) breakDown(res, failing.fault);
    else void textOf(req).then((body) => answer(asked, res, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function answer(asked: string, res: ServerResponse, body: string): void {
    const [, verb, path = ''] = /^(\S+) ([^?]*)/.exec(asked) ?? [];
    if (path === '/_ping') return json(res, 200, 'OK');
    if (path === '/events') return asked.includes('until=') ? void res.writeHead(200).end(remembered) : listen(res);
    if (path === '/containers/json') return json(res, 200, [...containers.values()].map(listed));
    if (path.startsWith('/images/')) return json(res, 200, { Id: path.split('/')[2] ?? '' });
    if (path === '/containers/create') return create(asked, JSON.parse(body), res);
    const [, handle = '', act] = /^\/containers\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const state = find(decodeURIComponent(handle));
    if (state === undefined) return json(res, 404, { message: `No such container: ${handle}` });
    if (act === 'logs') return void res.writeHead(200).end(logs.get(state.id) ?? '');
    if (act === 'changes') return json(res, 200, changed.get(state.id) ?? null);
    if (verb === 'GET') return json(res, 200, merged(inspected(state), inspectedMore.get(state.id)));
    return change(state, { act: act ?? 'remove', asked, body }, res);
  }

  function create(asked: string, body: Partial<Record<string, unknown>>, res: ServerResponse): void {
    const name = new URLSearchParams(asked.split('?')[1]).get('name') ?? '';
    if ([...containers.values()].some((one) => one.name === name)) return json(res, 409, { message: 'in use' });
    const { Image, Labels, HostConfig } = created.parse(body);
    const restartPolicy = HostConfig.RestartPolicy.Name;
    const made = add({ name, image: Image, labels: Labels, status: 'created', restartPolicy, startedAt: 0 });
    json(res, 201, { Id: made.id });
  }

  /** What changes a container that is to make room for another one; undefined: it is something else. */
  function replacing({ id }: ContainerState, { act, asked, body }: Asked): (() => void) | undefined {
    if (act === 'stop') return () => set(id, { status: 'exited' });
    if (act === 'rename') return () => set(id, { name: new URLSearchParams(asked.split('?')[1]).get('name') ?? '' });
    if (act === 'update') return () => set(id, { restartPolicy: updated.parse(JSON.parse(body)).RestartPolicy.Name });
    return act === 'remove' ? () => void containers.delete(id) : undefined;
  }

  function change(state: ContainerState, sent: Asked, res: ServerResponse): void {
    const { act } = sent;
    const replace = replacing(state, sent);
    if (replace !== undefined) {
      replace();
      return void res.writeHead(204).end();
    }
    // The engine tells starts apart by nanoseconds: so are two of them here within one millisecond.
    const startedAt = Math.max(Date.now(), state.startedAt + 1);
    if (act === 'start' && state.status === 'running') return void res.writeHead(304).end();
    if (act === 'unpause' && state.status !== 'paused') {
      return json(res, 409, { message: `Container ${state.id} is not paused` });
    }
    set(state.id, { status: 'running', ...(act === 'unpause' ? {} : { startedAt }) });
    res.writeHead(204).end();
    emit(eventLine(act, state.id));
  }

  const find = (handle: string): ContainerState | undefined =>
    containers.get(handle) ??
    [...containers.values()].find(({ name }) => name === handle) ??
    [...containers.values()].find(({ id }) => id.startsWith(handle));

  function listen(res: ServerResponse): void {
    streams.add(res);
    res.on('close', () => streams.delete(res));
    res.writeHead(200, { 'content-type': 'application/json' });
    res.flushHeaders();
    server.emit('listened');
  }
  function add(fields: Partial<ContainerState> & { readonly name: string }): ContainerState {
    const state = { ...running, id: randomBytes(32).toString('hex'), startedAt: Date.now() - 3_600_000, ...fields };
    containers.set(state.id, state);
    return state;
  }
  function set(id: string, fields: Partial<ContainerState>): void {
    const state = containers.get(id);
    if (state !== undefined) containers.set(id, { ...state, ...fields });
  }
  function emit(bytes: string | Uint8Array): void {
    for (const stream of streams) stream.write(bytes);
  }
  return {
    host: `tcp://127.0.0.1:${port}`,
    requests,
    count: (pattern) => requests.filter((asked) => pattern.test(asked)).length,
    add,
    set,
    remove: (id) => void containers.delete(id),
    log(id, bytes, more) {
      logs.set(id, bytes);
      if (more !== undefined) inspectedMore.set(id, more);
    },
    changes: (id, all) => void changed.set(id, all),
    past: (lines) => void (remembered = lines),
    fail(pattern, fault) {
      if (fault === undefined) faults.delete(pattern.source);
      else faults.set(pattern.source, { pattern, fault });
    },
    emit,
    async listened() {
      if (streams.size === 0) await once(server, 'listened');
    },
    breakEvents() {
      for (const stream of streams) stream.destroy();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A well container, to be varied. */
export const running: ContainerState = {
  id: 'f'.repeat(64),
  name: 'web',
  image: 'shop/web:1',
  status: 'running',
  exitCode: 0,
  oomKilled: false,
  startedAt: 1_732_528_000_123,
  finishedAt: 0,
  restartCount: 0,
  restartPolicy: 'no',
  stopTimeoutS: 10,
  labels: {},
  error: '',
  aliases: [],
  published: [],
};

function json(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function breakDown(res: ServerResponse, fault: Fault): void {
  if (fault === 'hang') return;
  if (fault === 'reset') return void res.destroy();
  if (fault === 'truncate') {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    res.write('{"Id":', () => res.destroy());
    return;
  }
  res.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.body);
}

const listed = ({ id, name, labels }: ContainerState): unknown => ({ Id: id, Names: [`/${name}`], Labels: labels });

const instant = (ms: number): string => (ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString());

/** As `GET /containers/{id}/json` tells it. */
const inspected = (state: ContainerState): Record<string, object | string | number> => ({
  Id: state.id,
  Name: `/${state.name}`,
  Image: `sha256:${state.image}`,
  RestartCount: state.restartCount,
  State: {
    Status: state.status,
    ExitCode: state.exitCode,
    OOMKilled: state.oomKilled,
    Error: state.error,
    StartedAt: instant(state.startedAt),
    FinishedAt: instant(state.finishedAt),
    ...(state.health === undefined ? {} : { Health: { Status: state.health } }),
  },
  Config: { Image: state.image, Labels: state.labels, StopTimeout: state.stopTimeoutS },
  HostConfig: { RestartPolicy: { Name: state.restartPolicy } },
  NetworkSettings: {
    Networks: { bridge: { Aliases: state.aliases } },
    Ports: Object.fromEntries(
      state.published.map(({ ip, port }) => [`${port}/tcp`, [{ HostIp: ip, HostPort: String(port) }]]),
    ),
  },
});

/** `more` within the parts of the answer. */
const merged = (answer: ReturnType<typeof inspected>, more: Readonly<Record<string, object>> = {}): unknown => ({
  ...answer,
  ...Object.fromEntries(Object.entries(more).map(([part, fields]) => [part, { ...Object(answer[part]), ...fields }])),
});

/** One frame of a log: 1 is standard output, 2 standard error. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.byteLength, 4);
  return Buffer.concat([header, body]);
}
