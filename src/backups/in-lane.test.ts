import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { createHandClock, type HandClock } from '../../test/fakes/hand-clock.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import { LookAgain } from '../domain/errors.ts';
import { inLane, type LaneUse } from './in-lane.ts';

/** What the store answers next to whoever asks for the lane; the last one is answered for ever. */
type Answer = { readonly taken: true } | { readonly heldBy: readonly string[] } | Error;
const taken: Answer = { taken: true };
const held: Answer = { heldBy: ['b_other'] };

let clock: HandClock;
let asked = 0;
let left: string[];
beforeEach(() => {
  clock = createHandClock();
  asked = 0;
  left = [];
});

function use(answers: readonly Answer[], more: Partial<LaneUse> = {}): LaneUse {
  const store: Pick<BackupStore, 'takeLane' | 'leaveLane'> = {
    takeLane: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)] ?? taken;
      asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    leaveLane: async (repository, lane, holder) => void left.push(`${repository} ${lane} ${holder}`),
  };
  return { store, clock, repository: 'main', lane: 'shared', holder: 'b_1', ...more };
}
const never = new AbortController().signal;
/** Ends when it is told to, and says how. */
function work(): { readonly run: (signal: AbortSignal) => Promise<string>; end(): void } {
  let end = (): void => undefined;
  return {
    run: (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(`aborted: ${(signal.reason as Error).message}`));
        end = () => resolve('done');
      }),
    end: () => end(),
  };
}

describe('what is done in a lane', () => {
  test('is done while it is held, and the lane is left', async () => {
    expect(await inLane(use([taken]), never, async () => 'done')).toBe('done');
    expect(left).toEqual(['main shared b_1']);
  });

  test('is looked at again later when it has to wait for long, and nothing waits for it any more', async () => {
    const run = expect(
      inLane(use([held], { waitMs: 2_000, looksAgain: true }), never, async () => 'done'),
    ).rejects.toThrow(LookAgain);
    await setImmediate();
    await clock.pass(1_000);
    await clock.pass(1_000);
    await run;
    expect(left).toEqual(['main shared b_1']);
  });

  test('waits for whoever has it', async () => {
    const done = inLane(use([held, held, taken]), never, async () => asked);
    await setImmediate();
    await clock.pass(1_000);
    await clock.pass(1_000);
    expect(await done).toBe(3);
  });

  test('waits no longer than it may', async () => {
    const done = inLane(use([held], { waitMs: 1_500 }), never, async () => 'done');
    const told = expect(done).rejects.toThrow('main is in use by b_other');
    await setImmediate();
    await clock.pass(1_000);
    await clock.pass(1_000);
    await told;
    expect(left).toEqual(['main shared b_1']);
  });

  test('does not begin when it is told to stop while it waits', async () => {
    const stop = new AbortController();
    const done = inLane(use([held]), stop.signal, async () => 'done');
    const told = expect(done).rejects.toThrow('it was ended while it waited for b_other at main');
    await setImmediate();
    stop.abort(new Error('stopping'));
    await told;
  });

  test('is kept for as long as it takes', async () => {
    const { run, end } = work();
    const done = inLane(use([taken]), never, run);
    await setImmediate();
    for (let n = 0; n < 10; n += 1) await clock.pass(10_000);
    end();
    expect(await done).toBe('done');
    expect(asked).toBe(11);
  });

  test('is told to stop when somebody else has it', async () => {
    const done = inLane(use([taken, held]), never, work().run);
    await setImmediate();
    await clock.pass(10_000);
    expect(await done).toBe('aborted: the lane at main was lost');
  });

  test('goes on while Redis is away for a moment, and stops before the lane is over', async () => {
    const done = inLane(use([taken, new Error('away'), taken, new Error('away')]), never, work().run);
    await setImmediate();
    await clock.pass(10_000);
    await clock.pass(10_000);
    await clock.pass(10_000);
    expect(asked).toBe(4);
    await clock.pass(10_000);
    expect(await done).toBe('aborted: the lane at main was lost');
    expect(asked).toBe(5);
  });

  test('stops before the lane is over when Redis does not even say that it is away', async () => {
    const one = use([taken]);
    let asks = 0;
    const store = {
      ...one.store,
      takeLane: (): Promise<{ taken: true }> => {
        asks += 1;
        return asks === 1 ? Promise.resolve({ taken: true }) : new Promise(() => undefined);
      },
    };
    const done = inLane({ ...one, store }, never, work().run);
    await setImmediate();
    await clock.pass(10_000);
    await clock.pass(10_000);
    expect(await done).toBe('aborted: the lane at main was lost');
  });

  test('leaves the lane when it fails', async () => {
    await expect(inLane(use([taken]), never, () => Promise.reject(new Error('full')))).rejects.toThrow('full');
    expect(left).toEqual(['main shared b_1']);
  });
});
