import { Readable } from 'node:stream';

/**
 * A stream of what `chunks` yields, asked for one at a time and only when there is room. Errs with what `failure` makes of
 * what they throw. Destroying it ends `source`, whom the chunks come from, at once: a generator that waits can not be told.
 */
export function pulled(
  chunks: AsyncIterator<Buffer, void>,
  source: Readable,
  failure: (error: unknown) => Error,
): Readable {
  const stream = new Readable({
    read() {
      chunks.next().then(
        ({ done, value }) => stream.push(done === true ? null : value),
        (error: unknown) => stream.destroy(failure(error)),
      );
    },
    destroy(error, done) {
      source.destroy();
      done(error);
    },
  });
  return unheard(stream);
}

/** An error of it that nobody listens to does not end the process: it is there for whoever reads on, or waits for the end. */
export const unheard = <Stream extends Readable>(stream: Stream): Stream => stream.on('error', () => undefined);

/** Ends a stream, with the error that `failure` makes, when the signal aborts. */
export function endedBy(signal: AbortSignal, stream: Readable, failure: () => Error): void {
  const stop = (): void => void stream.destroy(failure());
  if (signal.aborted) return stop();
  signal.addEventListener('abort', stop, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', stop));
}
