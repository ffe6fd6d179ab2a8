import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerSocket } from './docker-socket.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

export type { Afterwards, FaultKind, Moment, WireRequest as DockerRequest } from './fault-proxy.ts';

/** A proxy in front of a Docker engine's unix socket. */
export interface DockerProxy extends FaultProxy {
  /** Path of its own unix socket. */
  readonly socket: string;
  /** From now on `POST /containers/ID/VERB` is answered 204 and not forwarded. An empty list ends it. */
  swallow(verbs?: readonly string[]): void;
}

const allVerbs = ['start', 'restart', 'unpause', 'pause', 'stop', 'kill'];

/** Starts a proxy in front of the engine at `engineSocket`. */
export async function startDockerProxy(engineSocket = dockerSocket()): Promise<DockerProxy> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-proxy-'));
  const socket = join(dir, 'docker.sock');
  let swallowed: readonly string[] = [];
  const proxy = await startFaultProxy({
    listen: socket,
    dial: () => connect({ path: engineSocket, allowHalfOpen: true }),
    swallow({ method, path }) {
      const verb = /^\/containers\/[^/]+\/([a-z]+)$/.exec(path)?.[1] ?? '';
      return method === 'POST' && swallowed.includes(verb) ? 'HTTP/1.1 204 No Content\r\n\r\n' : undefined;
    },
  });
  return {
    ...proxy,
    socket,
    swallow(verbs = allVerbs) {
      swallowed = verbs;
    },
    async close() {
      await proxy.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
