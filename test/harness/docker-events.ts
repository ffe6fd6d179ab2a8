import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { dockerSocket } from './docker-socket.ts';

const eventShape = z.object({ Action: z.string(), timeNano: z.number(), id: z.string() });
type EngineEvent = z.infer<typeof eventShape>;

/** What one container's events on the engine's stream come to. */
export interface EventCounter {
  /** Actions in the order they came: `kill`, `die`, `stop`, `start`, `restart`, `health_status: healthy` … */
  readonly actions: readonly string[];
  /** How often an action came since the watch began. */
  count(action: string): number;
  /** Resolves once every event that had happened when it was called has been counted. */
  settled(): Promise<void>;
  /** Resolves once the action has come `times` times (1) in all. */
  next(action: string, times?: number, timeoutMs?: number): Promise<void>;
  close(): void;
}

function open(socketPath: string, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest({ socketPath, path, agent: false }, resolve).on('error', reject).end();
  });
}

function parse(line: string): EngineEvent {
  return eventShape.parse(JSON.parse(line));
}

const keyOf = (event: EngineEvent) => `${event.timeNano} ${event.Action}`;

/**
 * Counts the events of one container (full id) on the engine's own stream, from now on: whatever is done after this
 * has resolved is counted. The engine must be on this machine, because its clock decides what "now" is.
 */
export async function watchEvents(containerId: string, socket = dockerSocket()): Promise<EventCounter> {
  // The next millisecond: what happened within this one, before we were asked, is none of ours.
  const from = Date.now() + 1;
  const since = `${from / 1000}`;
  const filters = encodeURIComponent(JSON.stringify({ container: [containerId], type: ['container'] }));
  // `since` closes the gap: the engine answers before it has subscribed, but it keeps its latest events.
  const stream = await open(socket, `/events?since=${since}&filters=${filters}`);
  while (Date.now() < from) await nextTurn();
  const actions: string[] = [];
  const seen = new Set<string>();
  const listeners = new Set<() => void>();
  let ended: Error | undefined;
  let rest = '';

  const tell = () => {
    for (const listener of listeners) listener();
  };
  const end = (reason: string) => {
    ended ??= new Error(reason);
    tell();
  };
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const event of lines.filter((line) => line !== '').map(parse)) {
      actions.push(event.Action);
      seen.add(keyOf(event));
    }
    tell();
  });
  stream.on('close', () => end('the stream of events has ended'));
  stream.on('error', (error) => end(`the stream of events broke: ${error.message}`));

  function until(what: string, holds: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        listeners.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = () => {
        if (holds()) finish();
        else if (ended) finish(ended);
      };
      const late = () => new Error(`${what} did not come within ${timeoutMs} ms; there were: ${actions.join(', ')}`);
      const timer = setTimeout(() => finish(late()), timeoutMs);
      listeners.add(look);
      look();
    });
  }

  const count = (action: string) => actions.filter((one) => one === action).length;
  return {
    actions,
    count,
    async settled() {
      // A second reading that the engine ends by itself tells what there is to wait for.
      const upTo = `${Date.now() / 1000}`;
      const past = await open(socket, `/events?since=${since}&until=${upTo}&filters=${filters}`);
      let text = '';
      for await (const chunk of past.setEncoding('utf8')) text += String(chunk);
      const keys = text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => keyOf(parse(line)));
      await until('what had happened', () => keys.every((key) => seen.has(key)), 10_000);
    },
    next: (action, times = 1, timeoutMs = 30_000) =>
      until(`event "${action}" no. ${times}`, () => count(action) >= times, timeoutMs),
    close: () => stream.destroy(),
  };
}
