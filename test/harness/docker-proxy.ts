import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultKind, type Moment, relay, type Afterwards, type Trigger } from './docker-relay.ts';
import { dockerSocket } from './docker-socket.ts';
import type { DockerRequest } from './request-reader.ts';

export type { FaultKind, Moment, Afterwards } from './docker-relay.ts';
export type { DockerRequest } from './request-reader.ts';

export interface Trap {
  matches(request: DockerRequest): boolean;
  /** How many matching requests pass before it springs; 0 when absent. */
  readonly skip?: number;
  readonly moment: Moment;
  /** Done at that moment: kill a worker, stop it, take a note. */
  act(request: DockerRequest): unknown;
  readonly afterwards: Afterwards;
}

export interface Fault {
  matches(request: DockerRequest): boolean;
  readonly kind: FaultKind;
  /** How often; without an end when absent. */
  readonly times?: number;
}

/** A proxy in front of a Docker engine's unix socket. Transparent to the byte unless it was told otherwise. */
export interface DockerProxy {
  /** Path of its own unix socket. */
  readonly socket: string;
  /** Every request seen so far, in order. */
  readonly requests: readonly DockerRequest[];
  /** Those that change something, forwarded or not. */
  mutating(): readonly DockerRequest[];
  /** Springs once. Resolves, after `act`, with the request that sprang it; rejects with what `act` throws. */
  trap(trap: Trap): Promise<DockerRequest>;
  /** Answers the function that takes it away. */
  fault(fault: Fault): () => void;
  /** From now on `POST /containers/ID/VERB` is answered 204 and not forwarded. An empty list ends it. */
  swallow(verbs?: readonly string[]): void;
  close(): Promise<void>;
}

const allVerbs = ['start', 'restart', 'unpause', 'pause', 'stop', 'kill'];

interface Armed {
  readonly trap: Trap;
  left: number;
  resolve(request: DockerRequest): void;
  reject(reason: unknown): void;
}

/** Starts a proxy in front of the engine at `engineSocket`. */
export async function startDockerProxy(engineSocket = dockerSocket()): Promise<DockerProxy> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-proxy-'));
  const socket = join(dir, 'docker.sock');
  const requests: DockerRequest[] = [];
  const traps = new Set<Armed>();
  const faults = new Map<Fault, number>();
  const connections = new Set<Socket>();
  let swallowed: readonly string[] = [];

  function triggerOf(request: DockerRequest): Trigger | undefined {
    for (const armed of traps) {
      const { trap } = armed;
      if (!trap.matches(request) || armed.left-- > 0) continue;
      traps.delete(armed);
      const spring = async () => {
        try {
          await trap.act(request);
          armed.resolve(request);
        } catch (error) {
          armed.reject(error);
        }
      };
      return { moment: trap.moment, afterwards: trap.afterwards, spring };
    }
    return undefined;
  }

  function faultOf(request: DockerRequest): FaultKind | 'swallow' | undefined {
    for (const [fault, left] of faults) {
      if (!fault.matches(request)) continue;
      if (left <= 1) faults.delete(fault);
      else faults.set(fault, left - 1);
      return fault.kind;
    }
    const verb = /^\/containers\/[^/]+\/([a-z]+)$/.exec(request.path)?.[1] ?? '';
    return request.method === 'POST' && swallowed.includes(verb) ? 'swallow' : undefined;
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = relay(client, engineSocket, ({ method, path, query, mutating }) => {
      const request = { method, path, query, mutating };
      requests.push(request);
      return { trigger: triggerOf(request), fault: faultOf(request) };
    });
    for (const one of [client, engine]) {
      connections.add(one);
      one.on('close', () => connections.delete(one));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });

  return {
    socket,
    requests,
    mutating: () => requests.filter((request) => request.mutating),
    trap: (trap) =>
      new Promise((resolve, reject) => {
        traps.add({ trap, left: trap.skip ?? 0, resolve, reject });
      }),
    fault(fault) {
      faults.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
      return () => faults.delete(fault);
    },
    swallow(verbs = allVerbs) {
      swallowed = verbs;
    },
    async close() {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await rm(dir, { recursive: true, force: true });
    },
  };
}
