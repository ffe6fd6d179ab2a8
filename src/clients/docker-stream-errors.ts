import { ActionError, messageOf } from '../domain/errors.ts';
import { garbledError, type Asked } from './docker-errors.ts';
import { NoFrame } from './docker-frames.ts';
import { Silent } from './unless-silent.ts';
import { NoTar } from './whole-tar.ts';

/** What was to be passed on to the engine erred before its end. */
export class InputBroke extends Error {
  override readonly name = 'InputBroke';
}

/** Whoever reads a stream has given it up. */
export const givenUpError = (asked: Asked, cause: unknown): ActionError =>
  new ActionError(
    `what docker engine ${asked.engine} said was not read to its end (${asked.act})`,
    'aborted',
    true,
    cause,
  );

/** Anything that ends a stream which had begun, as an ActionError. */
export function streamError(asked: Asked, error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  const at = `docker engine ${asked.engine} at ${asked.address}`;
  if (error instanceof Silent) return new ActionError(`${at}: ${error.message} (${asked.act})`, 'timeout', true, error);
  if (error instanceof NoFrame || error instanceof NoTar) return garbledError(asked, error);
  if (error instanceof InputBroke) {
    if (error.cause instanceof ActionError) return error.cause;
    const why = messageOf(error.cause);
    return new ActionError(`what was to go to ${at} broke off (${asked.act}): ${why}`, 'aborted', true, error.cause);
  }
  return new ActionError(`${at} broke off (${asked.act}): ${messageOf(error)}`, 'unreachable', true, error);
}
