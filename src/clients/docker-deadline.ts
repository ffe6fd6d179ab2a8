/** Why a request was given up. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
  readonly by: 'deadline' | 'caller';
  constructor(by: 'deadline' | 'caller', cause?: unknown) {
    super(by === 'deadline' ? 'the deadline is over' : 'the caller aborted', { cause });
    this.by = by;
  }
}

/**
 * Runs `work` with a signal that aborts after `timeoutMs` or with the caller's own, and rejects with GivenUp then, also
 * when the work does not heed its signal: a response that breaks off in its middle leaves dockerode waiting for ever.
 * (AbortSignal.any is not used: on Node 20 each use leaves something behind in a caller's signal that lives long.)
 */
export async function withDeadline<T>(
  timeoutMs: number,
  caller: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (caller?.aborted === true) throw new GivenUp('caller', caller.reason);
  const controller = new AbortController();
  const { signal } = controller;
  const givenUp = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const timer = setTimeout(() => controller.abort(new GivenUp('deadline')), timeoutMs);
  const onAbort = (): void => controller.abort(new GivenUp('caller', caller?.reason));
  caller?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([givenUp, work(signal)]);
  } finally {
    clearTimeout(timer);
    caller?.removeEventListener('abort', onAbort);
  }
}
