import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackupStore, Lane } from '../../src/domain/backup-store.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
const long = 600_000;
const taken = { taken: true };
let store: BackupStore;
let count = 0;
const key = (lane: string): string => `lane${count}:backup:lane:main:${lane}`;
const take = (lane: Lane, holder: string, forMs = long) => store.takeLane('main', lane, holder, forMs);
const leave = (lane: Lane, holder: string) => store.leaveLane('main', lane, holder);
const heldBy = (...holders: readonly string[]) => ({ heldBy: holders });
const redisNow = async (): Promise<number> => {
  const [seconds = 0, micros = 0] = (await redis().time()).map(Number);
  return seconds * 1_000 + Math.floor(micros / 1_000);
};
/** Until the time of who has it is over. */
const soon = (lane: Lane, holder: string) =>
  vi.waitFor(async () => expect(await take(lane, holder)).toEqual(taken), { timeout: 30_000 });

beforeEach(() => {
  store = createRedisBackups(redis(), `lane${(count += 1)}:`);
});

describe('the shared lane', () => {
  it('has room for its like, and for nobody who wants to be alone', async () => {
    expect(await take('shared', 'a')).toEqual(taken);
    expect(await take('shared', 'b')).toEqual(taken);
    expect(await take('exclusive', 'c')).toEqual(heldBy('a', 'b'));
    await leave('shared', 'a');
    expect(await take('exclusive', 'c')).toEqual(heldBy('b'));
    await leave('shared', 'b');
    expect(await take('exclusive', 'c')).toEqual(taken);
  });

  it('is free again when the time of all in it is over', async () => {
    await take('shared', 'short', 40);
    await take('shared', 'shorter', 20);
    expect(await take('exclusive', 'me')).toMatchObject({ heldBy: expect.arrayContaining(['short']) });
    await soon('exclusive', 'me');
  });

  it('is held for as long again by who takes it again, whoever comes beside', async () => {
    await take('shared', 'a', 1_000);
    const before = await redisNow();
    await take('shared', 'a', long);
    await take('shared', 'b', 1_000);
    const until = Number(await redis().zscore(key('shared'), 'a'));
    expect(until).toBeGreaterThanOrEqual(before + long);
    expect(until).toBeLessThanOrEqual((await redisNow()) + long);
    expect(await redis().pexpiretime(key('shared'))).toBe(until);
  });

  it('leaves nothing behind', async () => {
    await take('shared', 'a');
    await leave('shared', 'a');
    await leave('shared', 'a');
    expect(await redis().keys(`lane${count}:*`)).toEqual([]);
  });
});

describe('the exclusive lane', () => {
  it('has one holder, and nobody beside', async () => {
    expect(await take('exclusive', 'a')).toEqual(taken);
    expect(await take('exclusive', 'b')).toEqual(heldBy('a'));
    expect(await take('shared', 'c')).toEqual(heldBy('a'));
    expect(await store.takeLane('offsite', 'exclusive', 'b', long)).toEqual(taken);
    await leave('exclusive', 'b');
    await leave('shared', 'a');
    expect(await take('shared', 'c')).toEqual(heldBy('a'));
    await leave('exclusive', 'a');
    await leave('exclusive', 'b');
    expect(await take('shared', 'c')).toEqual(taken);
  });

  it('goes to one of many who ask at once', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => take('exclusive', holder)));
    expect(answers.filter((answer) => 'taken' in answer)).toHaveLength(1);
  });

  it('is free again when its time is over, and is held for as long again by who takes it again', async () => {
    await take('exclusive', 'a', 1_000);
    expect(await take('exclusive', 'a', long)).toEqual(taken);
    expect(await redis().pttl(key('exclusive'))).toBeGreaterThan(long / 2);
    await take('exclusive', 'a', 20);
    await soon('shared', 'b');
  });
});

describe('who waits for the exclusive lane', () => {
  it('keeps further ones out of the shared one, and those in it may go on', async () => {
    await take('shared', 'a');
    await take('shared', 'b');
    expect(await take('exclusive', 'me')).toEqual(heldBy('a', 'b'));
    expect(await take('shared', 'c')).toEqual(heldBy('me'));
    expect(await take('shared', 'a')).toEqual(taken);
    await leave('shared', 'a');
    expect(await take('shared', 'a')).toEqual(heldBy('me'));
    await leave('shared', 'b');
    expect(await take('exclusive', 'me')).toEqual(taken);
    expect(await redis().exists(key('waiting'))).toBe(0);
    await leave('exclusive', 'me');
    expect(await take('shared', 'c')).toEqual(taken);
  });

  it('is next after another one who is alone', async () => {
    await take('exclusive', 'a');
    expect(await take('exclusive', 'me')).toEqual(heldBy('a'));
    await leave('exclusive', 'a');
    expect(await take('shared', 'c')).toEqual(heldBy('me'));
    expect(await take('exclusive', 'me')).toEqual(taken);
  });

  it('waits until 10 s after it asked last', async () => {
    await take('shared', 'a');
    await take('exclusive', 'me');
    await redis().zadd(key('waiting'), 0, 'me');
    expect(await take('shared', 'c')).toEqual(taken);
    const before = await redisNow();
    await take('exclusive', 'me');
    const until = Number(await redis().zscore(key('waiting'), 'me'));
    expect(until).toBeGreaterThanOrEqual(before + 10_000);
    expect(until).toBeLessThanOrEqual((await redisNow()) + 10_000);
    expect(await redis().pexpiretime(key('waiting'))).toBe(until);
  });

  it('waits no more when it leaves', async () => {
    await take('shared', 'a');
    await take('exclusive', 'me');
    await leave('exclusive', 'me');
    expect(await take('shared', 'c')).toEqual(taken);
  });
});

describe('a holder that lost its lane', () => {
  it('is told who has it when it asks again', async () => {
    await take('shared', 'slow', 20);
    await soon('exclusive', 'me');
    expect(await take('shared', 'slow')).toEqual(heldBy('me'));
    await take('exclusive', 'me', 20);
    await soon('exclusive', 'next');
    expect(await take('exclusive', 'me')).toEqual(heldBy('next'));
  });

  it('comes in after who waits', async () => {
    await take('shared', 'a');
    await take('shared', 'slow', 20);
    await take('exclusive', 'me');
    await vi.waitFor(async () => expect(await take('exclusive', 'me')).toEqual(heldBy('a')), { timeout: 30_000 });
    expect(await take('shared', 'slow')).toEqual(heldBy('me'));
  });
});

it('a lane is no less its holder’s for who asks for the other one too', async () => {
  await take('shared', 'me');
  expect(await take('exclusive', 'me')).toEqual(taken);
  expect(await take('shared', 'me')).toEqual(taken);
  expect(await take('shared', 'a')).toEqual(heldBy('me'));
});
