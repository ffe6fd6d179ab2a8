import { Redis } from 'ioredis';
import { messageOf, UserError } from '../domain/errors.ts';
import type { OwnKey } from '../domain/own-state.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { endWhatRan } from './end-what-ran.ts';
import { ownNames, writeOwnKeys } from './own-keys.ts';

/** A Redis that what Paramedic knew is brought back to. Its methods reject when it does not answer. */
export interface OwnPlace {
  /** Of the keys of ours that are there now. */
  names(): Promise<readonly string[]>;
  /** All or nothing as long as we live. `now`: what has expired by then is left out, ms since the epoch. */
  write(keys: AsyncIterable<OwnKey>, now: number): Promise<{ readonly written: number; readonly expired: number }>;
  /** Answers a sentence for each. */
  endWhatRan(point: RecoveryPoint, now: number): Promise<readonly string[]>;
  close(): void;
}

/** `address`: a `redis://` URL, or the path of a unix socket. Throws UserError when nobody answers there. */
export async function openOwnPlace(address: string): Promise<OwnPlace> {
  const redis = new Redis(address, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  let broken: Error | undefined;
  // The event has the reason; the rejection is "Connection is closed".
  redis.on('error', (error: Error) => (broken = error));
  try {
    await redis.connect();
  } catch (error) {
    throw new UserError(`this Redis does not answer: ${messageOf(broken ?? error)}`);
  }
  return {
    names: () => ownNames(redis),
    write: (keys, now) => writeOwnKeys(redis, keys, now),
    endWhatRan: (point, now) => endWhatRan(redis, point, now),
    close: () => redis.disconnect(),
  };
}
