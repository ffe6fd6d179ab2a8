import type { Clock } from '../../src/domain/clock.ts';

/** A clock that jumps: sleeping takes no time, and `at` lets things happen when their time has come. */
export function createFakeClock(start = 1_764_000_000_000) {
  let now = start;
  const due: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    async sleep(ms, signal) {
      const until = now + ms;
      for (;;) {
        const next = due.toSorted((a, b) => a.at - b.at).find((one) => one.at <= until);
        if (next === undefined) break;
        due.splice(due.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.run();
      }
      now = until;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
  return { ...clock, start, after: (ms: number, run: () => void) => void due.push({ at: start + ms, run }) };
}
export type FakeClock = ReturnType<typeof createFakeClock>;
