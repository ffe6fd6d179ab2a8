import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { createBackups, createBackupsWorker, type Told } from '../../src/queue/backups.ts';
import { createLogger, type LogError } from '../../src/telemetry/log.ts';
import { tellFailed } from '../../src/telemetry/tell-failed.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { server } = redisOfFile();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** What is logged when the next bell is answered so. */
async function logged(id: string, run: () => Promise<Told | undefined>) {
  const connection = new Redis(server().url, { maxRetriesPerRequest: null });
  const bells = createBackups(connection, id);
  const worker = createBackupsWorker(connection, id, run, new AbortController().signal);
  ends.push(
    () => connection.disconnect(),
    () => bells.close(),
    () => worker.close(true),
  );
  const lines: unknown[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const errors: string[] = [];
  const logError: LogError = (error) => void errors.push(String(error));
  const told = new Promise<void>((resolve) =>
    worker.once('failed', (job, error) => {
      tellFailed(job, error, { log, logError });
      resolve();
    }),
  );
  await bells.ring(id);
  await told;
  return { lines, errors };
}

test('a backup that fails is one line with its source, its run and the reason, and no stack', async () => {
  const ended = { work: 'backup', source: 'orders', repository: 'main', result: 'failed', reason: 'the disk is full' };
  const { lines, errors } = await logged('b_1', async () => ended);
  expect(lines).toEqual([
    {
      level: 'error',
      time: expect.any(String),
      run: 'b_1',
      work: 'backup',
      of: 'orders',
      msg: 'backup b_1 of orders failed: the disk is full',
    },
  ]);
  expect(errors).toEqual([]);
});

test('a work on a repository names that, and one that has ended itself', async () => {
  const ended = { work: 'check', repository: 'main', result: 'failed', reason: 'it is damaged' };
  expect((await logged('check_main_1', async () => ended)).lines).toMatchObject([
    { msg: 'check check_main_1 of main failed: it is damaged' },
  ]);
  expect((await logged('b_2', async () => undefined)).lines).toMatchObject([
    { msg: 'b_2 refused: this backup has ended; begin another: paramedic backup NAME' },
  ]);
});

test('what nobody planned keeps its stack', async () => {
  const { lines, errors } = await logged('b_3', async () => {
    throw new Error('a bug');
  });
  expect([lines, errors]).toEqual([[], ['Error: a bug']]);
});
