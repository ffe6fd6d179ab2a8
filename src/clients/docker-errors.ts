import { ActionError, type Reason } from '../domain/errors.ts';

/** What a failed request was for: the engine's name and address, and the act, `inspect web`. */
export interface Asked {
  readonly engine: string;
  readonly address: string;
  readonly act: string;
}

/** The engine answered with a status that is no success. */
export function statusError(asked: Asked, status: number, said: string): ActionError {
  const [reason, retryable] = meaningOf(status);
  return new ActionError(
    `docker engine ${asked.engine} did not ${asked.act}: HTTP ${status}: ${said}`,
    reason,
    retryable,
  );
}

function meaningOf(status: number): readonly [Reason, boolean] {
  if (status === 401 || status === 403) return ['forbidden', false];
  if (status === 404) return ['not-found', false];
  if (status === 409) return ['conflict', false];
  if (status === 408) return ['timeout', true];
  if (status === 429) return ['rate-limited', true];
  if (status >= 500) return ['server-error', true];
  return ['bad-request', false];
}

/** The engine answered, but not what an engine answers. */
export const garbledError = (asked: Asked, cause: unknown): ActionError =>
  new ActionError(
    `docker engine ${asked.engine} at ${asked.address} answered something else than an engine does (${asked.act}); is it one?`,
    'server-error',
    true,
    cause,
  );

export const timeoutError = (asked: Asked, timeoutMs: number): ActionError =>
  new ActionError(
    `docker engine ${asked.engine} at ${asked.address} did not answer within ${timeoutMs / 1000} s (${asked.act})`,
    'timeout',
    true,
  );

/** Whoever asked has taken the question back: the engine may do it all the same. */
export const abortedError = (asked: Asked, cause: unknown): ActionError =>
  new ActionError(`the request to docker engine ${asked.engine} was aborted (${asked.act})`, 'aborted', true, cause);

/** Anything that dockerode throws, as an ActionError. */
export function dockerError(asked: Asked, error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') {
    const said = saidIn(error);
    // An engine says in JSON what it does not have. A page of some other server is no proof that a container is gone.
    if (error.statusCode === 404 && said === undefined) return garbledError(asked, error);
    return statusError(asked, error.statusCode, said ?? error.message.trim().slice(0, 200));
  }
  const at = `docker engine ${asked.engine} at ${asked.address}`;
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && 'code' in error && error.code === 'EACCES') {
    const hint = 'run paramedic as a user of the group that owns the socket';
    return new ActionError(`${at} may not be opened: ${why}; ${hint}`, 'forbidden', false, error);
  }
  return new ActionError(`${at} can not be reached (${asked.act}): ${why}`, 'unreachable', true, error);
}

/** The engine's own sentence; undefined when the answer is not an engine's. */
function saidIn(error: Error): string | undefined {
  const body = 'json' in error ? error.json : undefined;
  const said = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  return typeof said === 'string' ? said : undefined;
}
