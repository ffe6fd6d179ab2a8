import { setTimeout } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** The machine's own time. */
export const realClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, signal && { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
