/** One stretch of listening to an engine and reading from it. */
export interface EngineSession {
  /** Aborts when it is over. */
  readonly signal: AbortSignal;
  /**
   * One read after the other, and one that is waiting already is not asked for twice: a burst of events is no burst of
   * reads. Resolves when this one is done. What it rejects with ends the session.
   */
  read(what: string, work: () => Promise<void>): Promise<void>;
}

/**
 * Listens first, so that nothing falls between what is told and the first reading, and reads. Ends when the signal aborts,
 * and throws when one of the two ends otherwise, or a read fails: the engine does not answer, or its events break off.
 */
export async function engineSession(
  signal: AbortSignal,
  listen: (session: EngineSession) => Promise<void>,
  keepReading: (session: EngineSession) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });

  const waiting = new Set<string>();
  let reads = Promise.resolve();
  async function readAfter(others: Promise<void>, what: string, work: () => Promise<void>): Promise<void> {
    await others;
    waiting.delete(what);
    if (!over.signal.aborted) await work();
  }
  const session: EngineSession = {
    signal: over.signal,
    read(what, work) {
      if (waiting.has(what)) return reads;
      waiting.add(what);
      reads = readAfter(reads, what, work);
      reads.catch((error: unknown) => over.abort(error));
      return reads;
    },
  };

  const [listening, reading] = [listen(session), keepReading(session)];
  await Promise.race([listening, reading]).catch((error: unknown) => over.abort(error));
  end();
  signal.removeEventListener('abort', end);
  await Promise.allSettled([listening, reading, reads]);
  // What ended it first is the abort's reason.
  if (!signal.aborted) over.signal.throwIfAborted();
}
