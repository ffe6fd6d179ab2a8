import { setMaxListeners } from 'node:events';

/**
 * Runs `work` with a signal that aborts as soon as one of these does. (AbortSignal.any is not used: on Node 20 each use
 * leaves something behind in a signal that lives long.)
 */
export async function untilEither<T>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of signals) {
    // Many listeners on one signal are no leak: each is taken away again.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  }
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}
