import type { Readable } from 'node:stream';

/** Nothing came for too long. */
export class Silent extends Error {
  override readonly name = 'Silent';
}

export const silence = (mostMs: number): Silent => new Silent(`nothing came for ${mostMs / 1000} s`);

/**
 * The chunks of a stream; throws Silent, and destroys it, when the first or a next one is longer than `mostMs` in coming
 * once it is asked for. A network that has forgotten a connection tells neither end, and the stream alone would wait for
 * ever.
 */
export async function* unlessSilent(stream: Readable, mostMs: number): AsyncGenerator<Buffer, void> {
  let isAskedFor = true;
  const onSilence = (): void => {
    if (isAskedFor) stream.destroy(silence(mostMs));
  };
  // It is no reason for the process to stay.
  const timer = setTimeout(onSilence, mostMs).unref();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      // Whoever takes his time with a chunk keeps the next one waiting, not the other way round.
      isAskedFor = false;
      yield chunk;
      isAskedFor = true;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}
