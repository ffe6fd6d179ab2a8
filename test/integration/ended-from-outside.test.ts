import { expect, it } from 'vitest';
import { ringAgain } from '../../src/backups/ask-backup.ts';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import { cancelRun } from '../../src/backups/cancel-run.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { createRedisBackups } from '../../src/store/redis-backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
let count = 0;

async function opened(more: Partial<BackupRun> = {}) {
  count += 1;
  const store = createRedisBackups(redis(), `eo${count}:`);
  const id = 'u_1';
  const trigger = { by: 'hand', who: 'ana' } as const;
  const record: BackupRun = {
    id,
    work: 'restore',
    source: 'orders',
    repository: 'main',
    trigger,
    state: 'waiting',
    openedAt: Date.now() - 61_000,
    beginBy: Date.now() - 1_000,
    bytes: 0,
    ...more,
  };
  await store.open(record);
  return { id, store, isFree: async () => 'opened' in (await store.open({ ...record, id: 'u_2' })) };
}

async function tended(store: ReturnType<typeof createRedisBackups>, isLive = true): Promise<readonly string[]> {
  const rung: string[] = [];
  const bell = { ring: async (id: string) => void rung.push(id), isLive: async () => isLive };
  await ringAgain({ store, bell, clock: realClock });
  return rung;
}

it('a restore by hand that no process has taken up in time is ended, and its source is free', async () => {
  const { id, store, isFree } = await opened();
  expect(await tended(store)).toEqual([]);
  expect(await store.run(id)).toMatchObject({
    state: 'ended',
    result: 'failed',
    reason: expect.stringMatching(/^nothing was touched: it was asked for at .* and could not begin until /),
    endedAt: expect.any(Number),
  });
  expect(await isFree()).toBe(true);
});

it('one that has begun, may still begin, or has written goes on, and so does that of a recovery', async () => {
  const later = Date.now() + 60_000;
  const kept: readonly Partial<BackupRun>[] = [
    { state: 'preparing' },
    { beginBy: later },
    { writingAt: 1 },
    { trigger: { by: 'recovery', recovery: 'r_1' }, beginBy: later },
  ];
  for (const more of kept) {
    const { id, store } = await opened(more);
    expect(await tended(store, false)).toEqual([id]);
    expect((await store.run(id))?.state).not.toBe('ended');
  }
});

it('what has begun to write is not ended from outside, whoever looked before', async () => {
  const { id, store } = await opened();
  await store.update(id, { state: 'restoring', writingAt: Date.now(), runner: 'a' });
  const end = { result: 'failed', reason: 'it was cancelled', endedAt: Date.now() } as const;
  expect(await store.endUntouched(id, end)).toBe(false);
  expect(await store.run(id)).toMatchObject({ state: 'restoring' });
});

it('what somebody cancels ends at once with his name, unless it writes, or has ended', async () => {
  for (const more of [{}, { state: 'preparing' }, { work: 'backup', state: 'reading' }] as const) {
    const { id, store } = await opened(more);
    const cancelled = (by: string) => cancelRun(id, by, { store, clock: realClock });
    expect(await cancelled('ana')).toEqual({ ok: true, reason: 'u_1 is cancelled' });
    const reason = 'it was cancelled by ana, nothing was touched';
    expect(await store.run(id)).toMatchObject({ state: 'ended', result: 'failed', reason });
    expect((await cancelled('joe')).reason).toBe(`u_1 has ended already: failed: ${reason}`);
  }
  const { id, store } = await opened({ state: 'restoring', writingAt: 1 });
  expect((await cancelRun(id, 'ana', { store, clock: realClock })).reason).toMatch(
    /^u_1 has begun to write to the place of orders, and is not stopped half-way; /,
  );
  expect((await store.run(id))?.state).toBe('restoring');
  expect((await cancelRun('b_9', 'ana', { store, clock: realClock })).reason).toMatch(/^there is no .* b_9/);
});
