import type { Socket } from 'node:net';
import { type WireRequest, RequestReader, type RequestOnWire } from './request-reader.ts';

/**
 * `before-forward`: the platform has nothing of the request. `after-forward`: it has all of it. `answer-byte:N`: N bytes
 * of its answer were passed on to the client.
 */
export type Moment = 'before-forward' | 'after-forward' | `answer-byte:${number}`;
/** What becomes of the connection: cut on both sides, held as it is, or passed on as if nothing had been. */
export type Afterwards = 'drop' | 'hold' | 'pass';
/**
 * `reset`: forwarded, and cut after 20 bytes of the answer. `hang`: never forwarded nor answered. `late-…`: forwarded, and
 * this instead of the answer, as soon as the platform begins to answer.
 */
export type FaultKind = '500' | '429' | 'hang' | 'reset' | 'late-500' | 'late-429' | 'late-hang';

export interface Trigger {
  readonly moment: Moment;
  readonly afterwards: Afterwards;
  /** What is done at the moment; both directions stand still until it is. */
  spring(): Promise<void>;
}

/** What is to happen to a request; asked once for each, in the order they come. */
export interface Treatment {
  readonly trigger: Trigger | undefined;
  readonly fault: FaultKind | undefined;
  /** The whole answer to one that is not forwarded, as it goes over the wire. */
  readonly swallow: string | undefined;
}

function answer(status: string): string {
  const body = JSON.stringify({ message: `${status}, says the proxy of a test` });
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
const serverError = answer('500 Internal Server Error');
const tooMany = answer('429 Too Many Requests');
const answers = { '500': serverError, '429': tooMany, 'late-500': serverError, 'late-429': tooMany };

/** Resolves when the kernel has the bytes; an error is no answer here, it ends the connection by its event. */
const write = (socket: Socket, bytes: Buffer | string) =>
  new Promise<void>((resolve) => {
    socket.write(bytes, () => resolve());
  });
const forever = () => new Promise<never>(() => {});

/** Joins a client's connection with one to the engine, until either is closed. */
export function relay(client: Socket, engine: Socket, treat: (request: WireRequest) => Treatment): void {
  const reader = new RequestReader();
  let hijacked = false;
  /** Set while the bytes of the next answer are counted. */
  let count: { left: number; readonly reached: () => Promise<void> } | undefined;

  const drop = () => {
    client.destroy();
    engine.destroy();
  };

  async function spring(trigger: Trigger): Promise<void> {
    engine.pause();
    await trigger.spring();
    if (trigger.afterwards === 'hold') await forever();
    if (trigger.afterwards === 'drop') drop();
    else engine.resume();
  }

  async function handle(request: RequestOnWire): Promise<void> {
    const { trigger, fault, swallow } = treat(request);
    if (trigger?.moment === 'before-forward') await spring(trigger);
    if (client.destroyed) return;
    if (fault === 'hang') await forever();
    else if (fault === 'reset') count = { left: 20, reached: async () => drop() };
    else if (fault === 'late-hang') count = { left: 0, reached: forever };
    else if (fault === 'late-500' || fault === 'late-429') {
      const instead = answers[fault];
      const reached = async () => {
        await write(client, instead);
        drop();
      };
      count = { left: 0, reached };
    } else if (fault !== undefined) return write(client, answers[fault]);
    else if (swallow !== undefined) return write(client, swallow);
    if (trigger?.moment.startsWith('answer-byte:')) {
      count = { left: Number(trigger.moment.slice('answer-byte:'.length)), reached: () => spring(trigger) };
    }
    hijacked = request.hijacks;
    await write(engine, request.raw);
    if (trigger?.moment === 'after-forward') await spring(trigger);
  }

  async function fromClient(chunk: Buffer): Promise<void> {
    client.pause();
    reader.add(chunk);
    while (!hijacked) {
      const request = reader.next();
      if (request === undefined) break;
      await handle(request);
    }
    if (hijacked) await write(engine, reader.rest());
    client.resume();
  }

  async function fromEngine(chunk: Buffer): Promise<void> {
    engine.pause();
    const counted = count === undefined ? chunk : chunk.subarray(0, count.left);
    await write(client, counted);
    if (count !== undefined) {
      const { reached } = count;
      count.left -= counted.length;
      if (count.left === 0) {
        count = undefined;
        await reached();
      }
    }
    if (counted.length < chunk.length) await write(client, chunk.subarray(counted.length));
    engine.resume();
  }

  client.on('data', (chunk: Buffer) => void fromClient(chunk));
  engine.on('data', (chunk: Buffer) => void fromEngine(chunk));
  // Each chunk is in the kernel before the next is read: at `end` nothing is left to write, and closing loses nothing.
  client.on('end', () => engine.end()).on('close', () => engine.destroy());
  engine.on('end', () => client.end()).on('close', () => client.destroy());
  client.on('error', drop);
  engine.on('error', drop);
}
