import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import type { BackupStore } from '../../src/domain/backup-store.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { keepMs } from '../../src/store/keys.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis, server } = redisOfFile();
const t0 = 1_764_000_000_000;
const day = 86_400_000;
let store: BackupStore;
let count = 0;
const key = (name: string): string => `bk${count}:backup:${name}`;

const newRun = (more: Partial<BackupRun> = {}): BackupRun => ({
  id: `b_${randomBytes(8).toString('hex')}`,
  work: 'backup',
  source: 'orders-db',
  repository: 'main',
  trigger: { by: 'schedule' },
  state: 'waiting',
  openedAt: t0,
  bytes: 0,
  ...more,
});
const verified = {
  state: 'ended',
  endedAt: t0 + 90_000,
  bytes: 5_000_000_000_123,
  result: 'verified',
  reason: 'read back: 12 tables, 50,312 rows',
  snapshot: 'a'.repeat(64),
  point: {
    source: 'orders-db',
    kind: 'postgres',
    params: { container: 'db', none: [], big: 1_764_000_000_123.5 },
    snapshot: 'a'.repeat(64),
    at: t0 + 1_000,
    verifiedAt: t0 + 90_000,
    sha256: 'b'.repeat(64),
    file: 'orders.sql',
    shape: { bytes: 5_000_000_000_123, counts: { tables: 12, rows: 50_312 } },
  },
} as const;
const failed = { state: 'ended', endedAt: t0 + 5, result: 'failed', reason: 'the container is gone' } as const;
const opened = async (more: Partial<BackupRun> = {}): Promise<BackupRun> => {
  const run = newRun(more);
  expect(await store.open(run)).toEqual({ opened: true });
  return run;
};
const ended = async (more: Partial<BackupRun> = {}): Promise<BackupRun> => {
  const run = await opened(more);
  expect(await store.update(run.id, failed)).toBe(true);
  return { ...run, ...failed };
};
const idsOf = (runs: readonly BackupRun[]): string[] => runs.map(({ id }) => id);

beforeEach(() => {
  store = createRedisBackups(redis(), `bk${(count += 1)}:`);
});

describe('a run', () => {
  it.each([
    { by: 'schedule' },
    { by: 'hand', who: 'anna "a" \\ \ud800' },
    { by: 'recovery', recovery: 'r_0123456789abcdef' },
  ] as const)('comes back as it was written: %j', async (trigger) => {
    const run = await opened({ trigger });
    await store.update(run.id, { state: 'reading', startedAt: t0 + 1_000, bytes: 17 });
    await store.update(run.id, { ...verified, reason: 'read back: \ud800' });
    const said = trigger.by === 'hand' ? { ...trigger, who: trigger.who.toWellFormed() } : trigger;
    expect(await store.run(run.id)).toEqual({
      ...run,
      trigger: said,
      startedAt: t0 + 1_000,
      ...verified,
      reason: 'read back: \ufffd',
    });
    expect(await store.run('b_0000000000000000')).toBeUndefined();
  });

  it('is opened once by two who ask at the same moment', async () => {
    const second = new Redis(server().url);
    try {
      const stores = [store, createRedisBackups(second, `bk${count}:`)];
      for (let round = 0; round < 20; round += 1) {
        const runs = stores.map(() => newRun({ source: `db-${round}` }));
        const answers = await Promise.all(stores.map((one, index) => one.open(runs[index] ?? newRun())));
        const [winner] = runs.filter((_, index) => 'opened' in (answers[index] ?? {}));
        expect(answers).toContainEqual({ opened: true });
        expect(answers).toContainEqual({ running: winner?.id });
      }
      expect(await store.openRuns()).toHaveLength(20);
    } finally {
      second.disconnect();
    }
  });

  it('keeps the next one of its source out until it has ended, and none of another source', async () => {
    const run = await opened();
    await store.update(run.id, { state: 'verifying' });
    expect(await store.open(newRun())).toEqual({ running: run.id });
    const other = await opened({ source: 'files' });
    expect(idsOf(await store.openRuns()).toSorted()).toEqual([run.id, other.id].toSorted());
    await store.update(run.id, failed);
    expect(idsOf(await store.openRuns())).toEqual([other.id]);
    expect(await redis().hgetall(key('open'))).toEqual({ files: other.id });
    expect(await store.open(newRun({ openedAt: t0 + 9 }))).toEqual({ opened: true });
  });

  it('is not changed after its end, and does not open again', async () => {
    const run = await ended();
    const next = await opened({ openedAt: t0 + 9 });
    expect(await store.update(run.id, verified)).toBe(false);
    expect(await store.update(run.id, { state: 'reading' })).toBe(false);
    expect(await store.update(run.id, { reason: failed.reason })).toBe(false);
    expect(await store.run(run.id)).toEqual(run);
    expect(idsOf(await store.openRuns())).toEqual([next.id]);
    expect(await store.update('b_0000000000000000', failed)).toBe(false);
    expect(await redis().exists(key('run:b_0000000000000000'))).toBe(0);
  });

  it('is opened and ended once by calls that are sent again, as after a lost answer', async () => {
    const run = await opened();
    expect(await store.open(run)).toEqual({ opened: true });
    await store.update(run.id, failed);
    expect(await store.open(run)).toEqual({ opened: true });
    expect(await store.update(run.id, failed)).toBe(true);
    expect(await store.openRuns()).toEqual([]);
    expect(await store.run(run.id)).toEqual({ ...run, ...failed });
  });

  it('has a source, a repository and a beginning that no change changes', async () => {
    const run = await opened();
    const sly = { bytes: 7, source: 'other', repository: 'other', id: 'b_other', openedAt: 1 };
    await store.update(run.id, sly);
    expect(await store.run(run.id)).toEqual({ ...run, bytes: 7 });
  });
});

describe('runs', () => {
  it('are told newest first, of a source or of all', async () => {
    const made: BackupRun[] = [];
    for (const [index, source] of ['a', 'b', 'a', 'b', 'a'].entries())
      made.unshift(await ended({ source, openedAt: t0 + index }));
    expect(await store.runs({ limit: 10 })).toEqual(made);
    expect(await store.runs({ limit: 2 })).toEqual(made.slice(0, 2));
    expect(await store.runs({ source: 'b', limit: 10 })).toEqual([made[1], made[3]]);
    expect(await store.runs({ source: 'c', limit: 10 })).toEqual([]);
  });

  it('go 30 days after they ended, and not before they ended', async () => {
    const run = await opened();
    expect(await redis().pttl(key(`run:${run.id}`))).toBe(-1);
    await store.update(run.id, { state: 'reading' });
    expect(await redis().pttl(key(`run:${run.id}`))).toBe(-1);
    await store.update(run.id, failed);
    for (const name of [`run:${run.id}`, 'runs:orders-db']) {
      expect(await redis().pttl(key(name))).toBeGreaterThan(keepMs - day);
      expect(await redis().pttl(key(name))).toBeLessThanOrEqual(keepMs);
    }
    await opened({ openedAt: t0 + 9 });
    expect(await redis().pttl(key('runs:orders-db'))).toBe(-1);
  });

  it('that are gone leave nothing behind', async () => {
    const [first, second] = [await ended(), await ended({ openedAt: t0 + day })];
    await ended({ source: 'retired' });
    await redis().del(key(`run:${first.id}`), key('runs:retired'));
    expect(await store.runs({ limit: 10 })).toEqual([second]);
    const third = await ended({ openedAt: t0 + 31 * day });
    expect(await redis().zrange(key('runs:orders-db'), '0', '-1')).toEqual([second.id, third.id]);
    expect(await redis().smembers(key('sources'))).toEqual(['orders-db']);
  });

  it('are the newest 1,000 of a source', async () => {
    const oldest = await opened({ source: 'other' });
    for (let index = 0; index < 1_002; index += 1) await ended({ openedAt: t0 + index });
    const all = await store.runs({ source: 'orders-db', limit: 5_000 });
    expect(all.map(({ openedAt }) => openedAt)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => t0 + 1_001 - index),
    );
    expect(await redis().keys(key('run:*'))).toHaveLength(1_001);
    expect(await store.run(oldest.id)).toEqual(oldest);
  });

  it('that have not ended are never too many', async () => {
    const running = await opened({ openedAt: t0 - day });
    const older = Array.from({ length: 1_005 }, (_, index) => [String(t0 + index), `b_${index}`]).flat();
    await redis().zadd(key('runs:orders-db'), ...older);
    await redis().hdel(key('open'), 'orders-db');
    const newest = await opened({ openedAt: t0 + day });
    expect(await store.run(running.id)).toEqual(running);
    expect(await redis().zscore(key('runs:orders-db'), running.id)).toBe(String(running.openedAt));
    expect(await store.update(running.id, failed)).toBe(true);
    expect(await store.openRuns()).toEqual([newest]);
  });

  it('that somebody wrote nonsense into are told by name, and hide no others', async () => {
    const good = await ended();
    const bad = await opened({ openedAt: t0 + 9 });
    await redis().hset(key(`run:${bad.id}`), { bytes: 'many', trigger: '{"by":', state: 'resting' });
    const why = new RegExp(
      `record ${key(`run:${bad.id}`)} in Redis can not be read .*trigger.*state.*bytes: is no number.*delete`,
    );
    await expect(store.run(bad.id)).rejects.toThrow(why);
    await expect(store.open(newRun())).rejects.toThrow(why);
    expect(await store.runs({ limit: 10 })).toEqual([good]);
    expect(await store.openRuns()).toEqual([]);
    await redis().del(key(`run:${bad.id}`));
    expect(await store.open(newRun())).toEqual({ opened: true });
  });
});

describe('how things stand with a source', () => {
  it('is known when its records are forgotten', async () => {
    expect(await store.standing('orders-db')).toEqual({ last: {}, points: new Map(), running: [] });
    const run = await opened();
    expect(await store.update(run.id, verified)).toBe(true);
    const proven = await opened({ work: 'drill', id: 'd_1' });
    const stages = { preparing: 5, restoring: 7 };
    await store.update(proven.id, { state: 'ended', endedAt: t0 + 9, result: 'verified', reason: 'all there', stages });
    const later = await opened({ work: 'drill', id: 'd_2' });
    const running = await opened();
    expect((await store.standing('orders-db')).running.toSorted()).toEqual([running.id, later.id]);
    await store.update(later.id, { ...failed, reason: 'half of it' });
    await store.update(running.id, failed);
    await Promise.all([run, proven, later, running].map(({ id }) => redis().del(key(`run:${id}`))));

    const drilled = { id: 'd_1', result: 'verified', reason: 'all there', endedAt: t0 + 9, stages };
    expect(await store.standing('orders-db')).toEqual({
      last: {
        backup: { id: running.id, result: 'failed', reason: failed.reason, endedAt: failed.endedAt },
        drill: { id: 'd_2', result: 'failed', reason: 'half of it', endedAt: failed.endedAt },
      },
      drilled,
      points: new Map([['main', verified.point]]),
      running: [],
    });
    expect(await redis().pttl(key('standing:orders-db'))).toBe(-1);
  });

  it('is not told by a drill of a point that somebody has named, whatever came of it', async () => {
    const good = { state: 'ended', endedAt: t0 + 9, result: 'verified', reason: 'all there' } as const;
    const drilled = async (id: string, end: typeof good | typeof failed, wish?: BackupRun['wish']) => {
      const run = await opened({ work: 'drill', id, ...(wish && { wish }) });
      expect(await store.update(run.id, end)).toBe(true);
      expect(await store.run(id)).toMatchObject(end);
    };
    const standing = async () => {
      const { last, drilled: lastGood } = await store.standing('orders-db');
      return { last: last.drill?.id, good: lastGood?.id };
    };
    await drilled('d_typo', failed, { snapshot: 'aaaa' });
    expect(await standing()).toEqual({ last: undefined, good: undefined });
    await drilled('d_newest', good, {});
    await drilled('d_typo_again', failed, { snapshot: 'aaaa' });
    expect(await standing()).toEqual({ last: 'd_newest', good: 'd_newest' });
    await drilled('d_broken', failed);
    await drilled('d_old', good, { snapshot: 'b'.repeat(64) });
    expect(await standing()).toEqual({ last: 'd_broken', good: 'd_newest' });
  });
});

describe('the id of a repository', () => {
  it('is remembered once', async () => {
    expect(await store.repositoryId('main')).toBeUndefined();
    const answers = await Promise.all(['one', 'two', 'three'].map((id) => store.rememberRepository('main', id)));
    expect(new Set(answers).size).toBe(1);
    expect(await store.rememberRepository('main', 'four')).toBe(answers[0]);
    expect(await store.repositoryId('main')).toBe(answers[0]);
    expect(await store.repositoryId('offsite')).toBeUndefined();
    expect(await redis().pttl(key('repositories'))).toBe(-1);
  });

  it('that somebody emptied is not one that never was', async () => {
    await redis().hset(key('repositories'), 'main', '');
    await expect(store.repositoryId('main')).rejects.toThrow('id of repository main');
    await expect(store.rememberRepository('main', 'one')).rejects.toThrow('id of repository main');
  });
});

it('a restart of Redis forgets nothing', async () => {
  const [run, old] = [await opened(), await ended({ source: 'files' })];
  await store.rememberRepository('main', 'one');
  await store.takeLane('main', 'shared', 'me', 600_000);
  await server().restart();
  expect(await store.openRuns()).toEqual([run]);
  expect(await store.runs({ source: 'files', limit: 1 })).toEqual([old]);
  expect(await store.repositoryId('main')).toBe('one');
  expect(await store.takeLane('main', 'exclusive', 'you', 600_000)).toEqual({ heldBy: ['me'] });
  expect(await store.open(newRun())).toEqual({ running: run.id });
});
