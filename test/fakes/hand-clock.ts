import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/domain/clock.ts';

/** A clock that goes on by hand alone: who sleeps wakes when `pass` has come by his time. */
export interface HandClock extends Clock {
  /** Lets so many ms pass, and whoever wakes do what it does. */
  pass(ms: number): Promise<void>;
}

export function createHandClock(start = 1_764_000_000_000): HandClock {
  let now = start;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(new Error('aborted', { cause: signal?.reason }));
        };
        const wake = (): void => {
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        const sleeper = { until: now + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', stop);
      }),
    async pass(ms) {
      now += ms;
      for (const sleeper of [...sleepers].toSorted((a, b) => a.until - b.until)) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await setImmediate();
    },
  };
}
