/** Why the outside world failed us: a closed list, because it is also a metric label. */
export type Reason =
  | 'timeout'
  | 'unreachable'
  | 'not-found'
  | 'forbidden'
  | 'conflict'
  | 'rate-limited'
  | 'server-error'
  | 'bad-request'
  | 'aborted';

/** The outside world failed. Comes out of `clients/`; only `queue/` turns it into a retry or an end. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly reason: Reason;
  readonly retryable: boolean;
  constructor(message: string, reason: Reason, retryable: boolean, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.retryable = retryable;
  }
}

/** The user can mend it: printed as a sentence, exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** This run was replaced by another one (its lock was lost): it stops at once and writes nothing more. */
export class RunReplaced extends Error {
  override readonly name = 'RunReplaced';
}

/** Nothing is done now, and nothing has ended: upkeep rings again within half a minute. Its message says why. */
export class LookAgain extends Error {
  override readonly name = 'LookAgain';
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
