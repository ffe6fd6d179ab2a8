import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { no, yes } from '../domain/verdict.ts';
import { clearLocks } from './clear-locks.ts';
import type { RepositoryLock } from './restic/repository-locks.ts';

const minute = 60_000;
const now = 1_764_000_000_000;
/** No process has it: they end at 4,194,304. */
const nobody = 2 ** 30;
const lock = (ageMs: number, more: Partial<RepositoryLock> = {}): RepositoryLock => ({
  id: `lock-${ageMs}`,
  hostname: hostname(),
  pid: nobody,
  at: now - ageMs,
  exclusive: false,
  ...more,
});

async function cleared(locks: RepositoryLock[]) {
  const removed: string[] = [];
  const repository = {
    locks: async () => locks,
    removeLocks: async (ids: readonly string[]) => {
      removed.push(...ids);
      return yes('removed');
    },
  };
  const verdict = await clearLocks(repository, now, new AbortController().signal);
  return { removed, verdict };
}

describe('the locks of a repository', () => {
  test('are none, most of the time', async () => {
    expect(await cleared([])).toEqual({ removed: [], verdict: yes('there is no lock') });
  });

  test.each([
    ['of a process of ours that has ended', lock(11 * minute)],
    ['that nobody has made anew for half an hour, of any machine', lock(31 * minute, { hostname: 'other', pid: 1 })],
    ['as old, although there is a process with that number', lock(31 * minute, { pid: process.pid })],
  ])('go: one %s', async (_what, one) => {
    expect(await cleared([one])).toEqual({ removed: [one.id], verdict: yes('removed') });
  });

  test.each([
    ['of our machine’s name that may live in another container', lock(9 * minute)],
    ['of a process of ours that lives', lock(20 * minute, { pid: process.pid })],
    ['of another machine', lock(29 * minute, { hostname: 'other' })],
  ])('stay: one %s', async (_what, one) => {
    const since = new Date(one.at).toISOString();
    expect(await cleared([one])).toEqual({
      removed: [],
      verdict: no(`process ${one.pid} on ${one.hostname} has a lock since ${since}`),
    });
  });

  test('stay while one of them is of somebody who may live', async () => {
    expect((await cleared([lock(60 * minute), lock(minute)])).removed).toEqual([]);
  });
});
