import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/fakes/clock.ts';
import { LookAgain } from '../domain/errors.ts';
import { yes } from '../domain/verdict.ts';
import { onceUnlocked } from './once-unlocked.ts';
import type { RepositoryLock } from './restic/repository-locks.ts';
import { failed, isLocked } from './restic/restic-failure.ts';

const clock = createFakeClock();
const minute = 60_000;
const never = new AbortController().signal;
const place = { name: 'main', location: '/srv/backups', password: { reveal: () => 'right' }, env: {} };

/** A repository with such locks, which is locked while one of them is exclusive; `goneAfter`: when they go by themselves, ms. */
function locked(ages: readonly Partial<RepositoryLock & { ageMs: number }>[], goneAfter = Infinity) {
  let locks = ages.map(({ ageMs = 0, ...more }, n): RepositoryLock => {
    const plain = { id: `lock-${n}`, hostname: hostname(), pid: 2 ** 30, exclusive: true };
    return { ...plain, at: clock.now() - ageMs, ...more };
  });
  const goneAt = clock.now() + goneAfter;
  const there = (): RepositoryLock[] => (clock.now() < goneAt ? locks : []);
  const tried: number[] = [];
  return {
    tried,
    repository: {
      place,
      locks: async () => there(),
      removeLocks: async () => {
        locks = [];
        return yes('removed');
      },
    },
    work: async () => {
      tried.push(clock.now());
      if (there().some(({ exclusive }) => exclusive)) throw failed('locked', 'it is locked');
      return 'done';
    },
  };
}
const lanes: string[] = [];
const use = (heldBy?: string) => ({
  clock,
  holder: 'b_1',
  waitMs: 1_000,
  store: {
    takeLane: async (_repository: string, lane: string) => {
      lanes.push(lane);
      return heldBy === undefined ? ({ taken: true } as const) : { heldBy: [heldBy] };
    },
    leaveLane: async () => undefined,
  },
});

it('takes a dead one’s lock away, while none of us is there, and does it once more', async () => {
  lanes.length = 0;
  const { repository, work, tried } = locked([{ ageMs: 11 * minute }]);
  expect(await onceUnlocked(repository, use(), never, work)).toBe('done');
  expect(tried.length).toBe(2);
  expect(new Set(lanes)).toEqual(new Set(['exclusive']));
});

it('waits for a moment for who may live', async () => {
  const { repository, work, tried } = locked([{}], 5_000);
  expect(await onceUnlocked(repository, use(), never, work)).toBe('done');
  expect(tried.length).toBe(2);
});

it('minds no lock beside which it can be done', async () => {
  const { repository, work } = locked([{ exclusive: false }]);
  let isFirst = true;
  const once = async () => {
    if (!isFirst) return work();
    isFirst = false;
    throw failed('locked', 'it was locked');
  };
  expect(await onceUnlocked(repository, use(), never, once)).toBe('done');
});

it('says whose lock it is, of when, and what to do', async () => {
  const { repository, work, tried } = locked([{ hostname: 'web-1', pid: 42, ageMs: minute }]);
  const since = new Date(clock.now() - minute).toISOString();
  const error = await onceUnlocked(repository, use(), never, work).catch((reason: unknown) => reason);
  expect(isLocked(error) && error.message).toBe(
    `it is locked; process 42 on web-1, whose lock is of ${since}, may live: wait until it has ended; when it is dead, \`restic --repo /srv/backups unlock\` on web-1 takes the lock away, and Paramedic does when nobody has renewed it for 30 minutes`,
  );
  expect(tried.length).toBe(1);
});

it('takes nothing away while others of us are there: it says who, or looks again later', async () => {
  const { repository, work } = locked([{ ageMs: 60 * minute }]);
  await expect(onceUnlocked(repository, use('b_2'), never, work)).rejects.toThrow(
    'it is locked; main is in use by b_2',
  );
  const later = onceUnlocked(repository, { ...use('b_2'), looksAgain: true }, never, work);
  await expect(later).rejects.toThrow(LookAgain);
  expect(await repository.locks()).toHaveLength(1);
});

it('does nothing once more of what failed otherwise', async () => {
  const { repository } = locked([]);
  let tried = 0;
  const work = async () => {
    tried += 1;
    throw failed('damaged', 'a pack is broken');
  };
  await expect(onceUnlocked(repository, use(), never, work)).rejects.toThrow('a pack is broken');
  expect(tried).toBe(1);
});
