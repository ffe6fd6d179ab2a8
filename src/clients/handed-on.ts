import { finished, Readable } from 'node:stream';
import { unheard } from './pulled.ts';
import { silence } from './unless-silent.ts';

/** Looks at what passes. */
export interface Look {
  /** What goes on of a chunk, which may be nothing; it may share its memory. Throws what is wrong with it. */
  take(chunk: Buffer): Buffer;
  /** Throws when it must not end here. */
  end(): void;
}

export interface HandedOn {
  readonly look: Look;
  /** For how long nothing may come that was asked for. */
  readonly silentMs: number;
  /** What the stream errs with: of what `look` throws, of Silent, and of what breaks the source. */
  readonly failure: (error: unknown) => Error;
}

/**
 * What comes out of `source` and was looked at, no faster than it is read. Destroying it ends `source` at once. (By events:
 * a dump comes in tens of thousands of chunks, and each generator on its way has to be asked for each.)
 */
export function handedOn(source: Readable, { look, silentMs, failure }: HandedOn): Readable {
  let isAskedFor = false;
  const stream = unheard(
    new Readable({
      highWaterMark: 64 * 1024,
      read() {
        if (isAskedFor) return;
        isAskedFor = true;
        timer.refresh();
        source.resume();
      },
      destroy(error, done) {
        clearTimeout(timer);
        source.destroy();
        done(error);
      },
    }),
  );
  const fail = (error: unknown): void => void stream.destroy(failure(error));
  const onSilence = (): void => {
    if (isAskedFor) fail(silence(silentMs));
  };
  // It is no reason for the process to stay.
  const timer = setTimeout(onSilence, silentMs).unref();
  const onChunk = (chunk: Buffer): void => {
    timer.refresh();
    try {
      const bytes = look.take(chunk);
      if (bytes.byteLength === 0 || stream.push(bytes)) return;
    } catch (error) {
      fail(error);
    }
    isAskedFor = false;
    source.pause();
  };
  source.on('data', onChunk).pause();
  finished(source, { writable: false }, (error) => {
    try {
      if (error) throw error;
      look.end();
      stream.push(null);
    } catch (wrong) {
      fail(wrong);
    }
  });
  return stream;
}
