import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Afterwards, type FaultKind, type Moment, relay, type Trigger } from './relay.ts';
import type { WireRequest } from './request-reader.ts';

export type { Afterwards, FaultKind, Moment } from './relay.ts';
export type { WireRequest } from './request-reader.ts';

export interface Trap {
  matches(request: WireRequest): boolean;
  /** How many matching requests pass before it springs; 0 when absent. */
  readonly skip?: number;
  readonly moment: Moment;
  /** Done at that moment: kill a worker, stop it, take a note. */
  act(request: WireRequest): unknown;
  readonly afterwards: Afterwards;
}

export interface Fault {
  matches(request: WireRequest): boolean;
  readonly kind: FaultKind;
  /** How often; without an end when absent. */
  readonly times?: number;
}

/** A proxy in front of a platform's API. Transparent to the byte unless it was told otherwise. */
export interface FaultProxy {
  /** Every request seen so far, in order. */
  readonly requests: readonly WireRequest[];
  /** Those that change something, forwarded or not. */
  mutating(): readonly WireRequest[];
  /** Springs once. Resolves, after `act`, with the request that sprang it; rejects with what `act` throws. */
  trap(trap: Trap): Promise<WireRequest>;
  /** Answers the function that takes it away. */
  fault(fault: Fault): () => void;
  /** As if the platform's program had ended: connections are cut, and new ones refused, until the answered function is called. */
  outage(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

interface Armed {
  readonly trap: Trap;
  left: number;
  resolve(request: WireRequest): void;
  reject(reason: unknown): void;
}

export interface FaultProxyOptions {
  /** A path, or `{port: 0, host: '127.0.0.1'}`. */
  readonly listen: string | { readonly port: number; readonly host: string };
  /** A new connection to the platform. */
  dial(): Socket;
  /** The answer to a request that is not forwarded; undefined: it is. */
  swallow(request: WireRequest): string | undefined;
}

/** Starts one. `port` is 0 where it listens on a path. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy & { readonly port: number }> {
  const requests: WireRequest[] = [];
  const traps = new Set<Armed>();
  const faults = new Map<Fault, number>();
  const connections = new Set<Socket>();

  function triggerOf(request: WireRequest): Trigger | undefined {
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

  function faultOf(request: WireRequest): FaultKind | undefined {
    for (const [fault, left] of faults) {
      if (!fault.matches(request)) continue;
      if (left <= 1) faults.delete(fault);
      else faults.set(fault, left - 1);
      return fault.kind;
    }
    return undefined;
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const platform = options.dial();
    relay(client, platform, ({ method, path, query, mutating }) => {
      const request = { method, path, query, mutating };
      requests.push(request);
      return { trigger: triggerOf(request), fault: faultOf(request), swallow: options.swallow(request) };
    });
    for (const one of [client, platform]) {
      connections.add(one);
      one.on('close', () => connections.delete(one));
    }
  });
  const listen = (at: FaultProxyOptions['listen']) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, () => {
        server.off('error', reject);
        resolve();
      });
    });
  async function listenAgain(at: FaultProxyOptions['listen']): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await listen(at);
      } catch (error) {
        // Anybody's connection may have the port for a moment.
        if (tries === 50) throw error;
        await sleep(100);
      }
    }
  }
  const end = async () => {
    const ended = new Promise((resolve) => {
      server.close(resolve);
    });
    for (const connection of connections) connection.destroy();
    await ended;
  };
  await listen(options.listen);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    port,
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
    async outage() {
      await end();
      const { listen: at } = options;
      return () => listenAgain(typeof at === 'string' ? at : { ...at, port });
    },
    close: end,
  };
}
