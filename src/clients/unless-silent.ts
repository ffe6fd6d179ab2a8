import type { Readable } from 'node:stream';

/** Nothing came for too long. */
export class Silent extends Error {
  override readonly name = 'Silent';
}

/**
 * The chunks of a stream; throws Silent, and destroys it, when the first or a next one is longer than `mostMs` in coming.
 * A network that has forgotten a connection tells neither end, and the stream alone would wait for ever.
 */
export async function* unlessSilent(stream: Readable, mostMs: number): AsyncGenerator<Buffer, void> {
  const silence = new Silent(`nothing came for ${mostMs / 1000} s`);
  // It is no reason for the process to stay.
  const timer = setTimeout(() => stream.destroy(silence), mostMs).unref();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}
