import { beforeEach, describe, expect, it } from 'vitest';
import { careOfId } from '../../src/backups/begin-care.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import { LookAgain } from '../../src/domain/errors.ts';
import type { Care } from '../../src/domain/repository-care.ts';
import { createBackups, createBackupsWorker } from '../../src/queue/backups.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
let count = 0;
let store: BackupStore;
beforeEach(() => {
  store = createRedisBackups(redis(), `cs${(count += 1)}:`);
});

const since = 1_764_000_000_000;
const first: Care = { repository: 'main', work: 'check', version: 1, since };
const full: Care = {
  ...first,
  version: 2,
  run: {
    id: 'check_main_0123456789abcdef',
    state: 'ended',
    openedAt: since,
    runner: 'r',
    startedAt: since + 1,
    endedAt: since + 2,
    result: 'damaged',
    reason: 'a pack is broken: "\ud800"',
  },
  goodAt: since - 1,
  damage: { at: since + 2, reason: 'a pack is broken', part: { part: 3, of: 30 } },
  read: { part: 2, of: 30 },
};

describe('what is remembered of a work on a repository', () => {
  it('comes back as it was written', async () => {
    expect(await store.care('main', 'check')).toBeUndefined();
    expect(await store.writeCare(first)).toBe(true);
    expect(await store.writeCare(full)).toBe(true);
    const told = { ...full, run: { ...full.run, reason: 'a pack is broken: "\ufffd"' } };
    expect(await store.care('main', 'check')).toEqual(told);
    expect(await store.care('main', 'prune')).toBeUndefined();
  });

  it('is written by who has read what is there, and twice where the first answer was lost', async () => {
    expect(await store.writeCare(full)).toBe(false);
    expect(await store.writeCare(first)).toBe(true);
    expect(await store.writeCare(first)).toBe(true);
    expect(await store.writeCare({ ...first, since: since + 1 })).toBe(false);
    expect(await store.writeCare({ ...full, version: 3 })).toBe(false);
    expect(await store.care('main', 'check')).toEqual(first);
  });

  it('is not written without the turn, nor the turn taken without it', async () => {
    const turn = { of: 'check main 0 5 * * *', was: undefined, until: since, timeZone: 'UTC' };
    expect(await store.writeCare(full, turn)).toBe(false);
    expect(await store.turn(turn.of, [])).toBeUndefined();
    expect(await store.writeCare(first, turn)).toBe(true);
    expect(await store.turn(turn.of, [])).toEqual({ until: since, timeZone: 'UTC' });
    expect(await store.writeCare(full, { ...turn, until: since + 1 })).toBe(false);
    expect(await store.care('main', 'check')).toEqual(first);
    expect(await redis().pttl(`cs${count}:backup:turn:${turn.of}`)).toBeGreaterThan(399 * 86_400_000);
  });

  it('that somebody wrote over says where', async () => {
    await redis().hset(`cs${count}:backup:care:main`, 'check', '{"version":1}');
    await expect(store.care('main', 'check')).rejects.toThrow(
      `The field check of cs${count}:backup:care:main in Redis can not be read: delete it, and what it says is forgotten.`,
    );
  });
});

it.each([
  ['check_main_0123456789abcdef', { work: 'check', repository: 'main' }],
  ['copy_a_check_b.c-1_0123456789abcdef', { work: 'copy', repository: 'a_check_b.c-1' }],
  ['b_0123456789abcdef', undefined],
  ['check_0123456789abcdef', undefined],
  ['forget_main_0123456789abcdef', undefined],
])('a bell of %s is about %j', (id, expected) => {
  expect(careOfId(id)).toEqual(expected);
});

it('what is to be looked at again is no failure, and can be rung for anew', async () => {
  const bells = createBackups(redis(), `cs${count}:queue`);
  let looked = 0;
  const connection = redis().duplicate({ maxRetriesPerRequest: null });
  const worker = createBackupsWorker(
    connection,
    `cs${count}:queue`,
    async () => {
      looked += 1;
      if (looked === 1) throw new LookAgain('somebody has a lock');
      return { result: 'done', reason: 'no errors' };
    },
    new AbortController().signal,
  );
  const next = (): Promise<unknown> =>
    new Promise((resolve) => worker.once('completed', (_job, said) => resolve(said)));
  const once = next();
  await bells.ring('check_main_1');
  expect(await once).toBe('looks again: somebody has a lock');
  expect(await bells.isLive('check_main_1')).toBe(false);
  const again = next();
  await bells.ring('check_main_1');
  expect(await again).toBe('done: no errors');
  await worker.close();
  await bells.close();
  connection.disconnect();
});
