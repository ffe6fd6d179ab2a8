import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError } from './errors.ts';

/** Waits so long, ms, in the middle of an act; throws ActionError `aborted` when the signal ends it. `what` was waited for. */
export async function wait(ms: number, what: string, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw new ActionError(`stopped while ${what} was waited for`, 'aborted', true, error);
  }
}
