import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import type { DockerEvent } from '../domain/clients.ts';

const event = z.object({ Action: z.string(), Actor: z.object({ ID: z.string() }), timeNano: z.number().default(0) });
/** No event is as long: something else than an engine is talking. */
const longestLine = 1_000_000;

/** The stream carried something else than an engine's events. */
export class NoEvent extends Error {
  override readonly name = 'NoEvent';
}

/**
 * Reads the engine's newline-delimited events until the stream is over: resolves at its end, rejects when it breaks
 * (NoEvent: what came is none). A chunk may end anywhere, in the middle of a character too.
 */
export const readEvents = (stream: NodeJS.ReadableStream, onEvent: (event: DockerEvent) => void): Promise<void> =>
  readLines(stream, (line) => onEvent(parse(line)));

/** The same with each line as it came, the empty ones left out. What `onLine` throws is what it rejects with. */
export function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (chunk: Buffer): void => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new NoEvent('a line of the events stream does not end');
    for (const line of lines) if (line.trim() !== '') onLine(line);
  };
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
      }
    });
    stream.on('error', reject);
    // `close` comes after `end`, and alone when the connection broke off without an error.
    stream.on('end', resolve);
    stream.on('close', resolve);
  });
}

function parse(line: string): DockerEvent {
  try {
    const { Action, Actor, timeNano } = event.parse(JSON.parse(line));
    return { action: Action, containerId: Actor.ID, at: timeNano / 1e6 };
  } catch (error) {
    throw new NoEvent(`no event: ${line.slice(0, 200)}`, { cause: error });
  }
}
