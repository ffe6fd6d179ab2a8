import { Redis } from 'ioredis';
import { messageOf, UserError } from '../domain/errors.ts';
import type { OwnKey } from '../domain/own-state.ts';
import type { Pause } from '../domain/pause.ts';
import { type BroughtBack, endWhatRan } from './end-what-ran.ts';
import { isHalfStore } from './half-store.ts';
import { keys as keysOf } from './keys.ts';
import { ownNames, removeOwnKeys, writeOwnKeys } from './own-keys.ts';

const key = keysOf('paramedic:');
const restoring = key.restoring.slice('paramedic:'.length);

/** A Redis that what Paramedic knew is brought back to. Its methods reject when it does not answer. */
export interface OwnPlace {
  /** Of the keys of ours that are there now, without the mark. */
  names(): Promise<readonly string[]>;
  /** Whether one began to bring back to it, and did not come to its end: what is there is half of something. */
  isHalf(): Promise<boolean>;
  /**
   * Marks it as half of something. What another that was marked has left there is taken away; false: there is something in it
   * that is not marked, and nothing was done.
   */
  begin(): Promise<boolean>;
  /** All or nothing as long as we live; with nothing, the mark is taken away. `now`: what has expired by then is left out, ms since the epoch. */
  write(keys: AsyncIterable<OwnKey>, now: number): Promise<{ readonly written: number; readonly expired: number }>;
  /** Answers a sentence for each. */
  endWhatRan(back: BroughtBack): Promise<readonly string[]>;
  /** Unless that scope is paused already, which it then is for the reason that it was. */
  pause(pause: Pause): Promise<void>;
  /** It is whole. */
  finish(): Promise<void>;
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
  const names = async () => (await ownNames(redis)).filter((name) => name !== restoring);
  const unmark = async (): Promise<void> => void (await redis.del(key.restoring));
  return {
    names,
    isHalf: () => isHalfStore(redis),
    async begin() {
      // Nobody begins on what is there from here on, however we end.
      const isFirst = (await redis.set(key.restoring, new Date().toISOString(), 'NX')) === 'OK';
      const found = await names();
      if (!isFirst) await removeOwnKeys(redis, found);
      else if (found.length > 0) {
        await unmark();
        return false;
      }
      return true;
    },
    async write(keys, now) {
      try {
        return await writeOwnKeys(redis, keys, now);
      } catch (error) {
        // Of what was taken away again nothing is half there; where that is not known, the mark stays.
        if ((await names().catch(() => undefined))?.length === 0) await unmark();
        throw error;
      }
    },
    endWhatRan: (back) => endWhatRan(redis, back),
    async pause(pause) {
      await redis.hsetnx(key.paused, pause.scope, JSON.stringify(pause));
    },
    finish: unmark,
    close: () => redis.disconnect(),
  };
}
