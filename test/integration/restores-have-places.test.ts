import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { createBackups, createBackupsWorker, queueNames, type Told } from '../../src/queue/backups.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { server } = redisOfFile();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

test('a restore is begun while all places are taken by backups, which last for hours', async () => {
  const connection = new Redis(server().url, { maxRetriesPerRequest: null });
  const bells = createBackups(connection, 'places');
  const stopping = new AbortController();
  const begun = new Set<string>();
  const ended = new Set<string>();
  const run = async (id: string, signal: AbortSignal): Promise<Told> => {
    begun.add(id);
    if (!id.startsWith('u_'))
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    ended.add(id);
    return { result: 'verified', reason: 'it is there' };
  };
  const workers = queueNames.map((name) => createBackupsWorker(connection, 'places', run, stopping.signal, name));
  ends.push(
    () => connection.disconnect(),
    () => bells.close(),
    () => Promise.all(workers.map((worker) => worker.close(true))),
    () => stopping.abort(new Error('it is over')),
  );
  for (const id of ['b_1', 'b_2', 'd_3', 'b_4', 'b_5']) await bells.ring(id);
  await expect.poll(() => begun.size).toBe(4);
  await bells.ring('u_6');
  await expect.poll(() => [...ended]).toEqual(['u_6']);
  await expect.poll(() => bells.isLive('u_6')).toBe(false);
  expect(await bells.isLive('b_1')).toBe(true);
  expect(begun).not.toContain('b_5');
});
