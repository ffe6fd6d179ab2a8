import { EventEmitter, once } from 'node:events';
import { Queue, type Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import type { Recovered, Ring } from '../../src/road/ring.ts';
import { workerConnection } from '../../src/queue/connection.ts';
import { createRecoveries, createRecoveriesWorker, type Recoveries } from '../../src/queue/recoveries.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

let server: RedisServer;
let connection: Redis;
let prefix = '';
let count = 0;
let recoveries: Recoveries;
let worker: Worker | undefined;
let stopping: AbortController;
beforeAll(async () => {
  server = await startRedis();
  connection = workerConnection({ url: server.url });
});
afterAll(async () => {
  connection.disconnect();
  await server.stop();
});
beforeEach(() => {
  prefix = `queue${(count += 1)}`;
  recoveries = createRecoveries(connection, prefix);
  stopping = new AbortController();
});
afterEach(async () => {
  await worker?.close();
  await recoveries.close();
});

/** The rings a worker answers, and what it answers them with, one after the other. */
function work(...answers: (Recovered | Error | ((ring: Ring, signal: AbortSignal) => Promise<Recovered>))[]) {
  const rings: Ring[] = [];
  worker = createRecoveriesWorker(
    connection,
    prefix,
    async (ring, signal) => {
      rings.push(ring);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined || answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(ring, signal) : answer;
    },
    stopping.signal,
  );
  return { rings, worker };
}
const ended = (result: 'recovered' | 'not-recovered' | 'failed' | 'blocked') => ({
  outcome: { result, reason: 'because' },
});

test('a recovered one completes with its sentence', async () => {
  const { worker: one } = work(ended('recovered'));
  const done = once(one, 'completed');
  await recoveries.ring('r_1', 1);
  expect((await done)[1]).toBe('recovered: because');
  expect(await recoveries.state('r_1', 1)).toBe('completed');
});

test.each(['not-recovered', 'failed'] as const)('%s ends as a failed job after one try', async (result) => {
  const { rings, worker: one } = work(ended(result));
  const done = once(one, 'failed');
  await recoveries.ring('r_1', 1);
  expect(String((await done)[1])).toContain(`${result}: because`);
  expect(rings).toHaveLength(1);
  expect(await recoveries.state('r_1', 1)).toBe('failed');
});

test('a retry by hand comes with one more attemptsMade than the run that ended it', async () => {
  const { rings, worker: one } = work(ended('not-recovered'), ended('recovered'));
  const failed = once(one, 'failed');
  await recoveries.ring('r_1', 1);
  await failed;
  const done = once(one, 'completed');
  await (await recoveries.queue.getJob('r_1_1'))?.retry();
  await done;
  expect(rings.map((ring) => ring.made)).toEqual([0, 1]);
});

test('a bell that was answered before rings again', async () => {
  const { rings, worker: one } = work(ended('failed'), ended('recovered'));
  const failed = once(one, 'failed');
  await recoveries.ring('r_1', 2);
  await failed;
  const done = once(one, 'completed');
  await recoveries.ring('r_1', 2);
  await done;
  expect(rings).toHaveLength(2);
});

test('a refused retry fails again, with the reason', async () => {
  const { worker: one } = work({ refused: 'r_2 is under way' });
  const done = once(one, 'failed');
  await recoveries.ring('r_1', 1);
  expect(String((await done)[1])).toContain('refused: r_2 is under way');
});

test('what may pass is tried again by itself; what may not is not', async () => {
  const { rings, worker: one } = work(new ActionError('away', 'unreachable', true), ended('recovered'));
  const done = once(one, 'completed');
  await recoveries.ring('r_1', 1);
  await done;
  expect(rings.map(({ made, lastTry }) => [made, lastTry])).toEqual([
    [0, false],
    [1, false],
  ]);
});

/** A bell with so many failures behind it. */
async function rungBefore(made: number): Promise<void> {
  await recoveries.ring('r_1', 1);
  await connection.hset(`${prefix}:recoveries:r_1_1`, 'atm', made);
}

test('what goes on failing is rung for each minute for an hour after its quick rings, and then ends', async () => {
  await rungBefore(5);
  const { rings, worker: one } = work(new ActionError('away', 'unreachable', true));
  const delays: (number | undefined)[] = [];
  for (const made of [6, 7, 66]) {
    const failed = once(one, 'failed');
    if (made > 6) await (await recoveries.queue.getJob('r_1_1'))?.promote();
    await failed;
    delays.push((await recoveries.queue.getJob('r_1_1'))?.delay);
    expect(await recoveries.state('r_1', 1)).toBe('live');
    await connection.hset(`${prefix}:recoveries:r_1_1`, 'atm', made);
  }
  const failed = once(one, 'failed');
  await (await recoveries.queue.getJob('r_1_1'))?.promote();
  await failed;
  expect(await recoveries.state('r_1', 1)).toBe('failed');
  expect(delays).toEqual([32_000, 60_000, 60_000]);
  expect(rings.map(({ made, lastTry, slowLeft }) => [made, lastTry, slowLeft])).toEqual([
    [5, false, 60],
    [6, true, 60],
    [7, true, 59],
    [66, true, 0],
  ]);
});

test('a bell that rings twice is one job, and one that was set for later is rung now', async () => {
  await recoveries.ring('r_1', 1, 3_600_000);
  expect(await recoveries.queue.getDelayedCount()).toBe(1);
  await recoveries.ring('r_1', 1);
  await recoveries.ring('r_1', 1);
  expect(await recoveries.queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 1, delayed: 0 });
  await recoveries.queue.remove('r_1_1');
  expect(await recoveries.state('r_1', 1)).toBe('missing');
});

test('a job that was edited or made by hand is not answered', async () => {
  const { rings, worker: one } = work(ended('recovered'));
  const done = once(one, 'failed');
  await recoveries.queue.add('recovery', { recovery: 'r_1', attempt: 7 }, { jobId: 'r_1_1' });
  expect(String((await done)[1])).toContain('was not made by Paramedic');
  expect(rings).toEqual([]);
});

test('on a stop the job is handed back at once, and not taken up again by this process', async () => {
  const begun = new EventEmitter();
  const { rings, worker: one } = work(
    (_ring, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stop')));
        begun.emit('begun');
      }),
  );
  const running = once(begun, 'begun');
  await recoveries.ring('r_1', 1);
  await running;
  const closed = one.close();
  stopping.abort(new Error('stop'));
  await closed;
  worker = undefined;
  expect(rings).toHaveLength(1);
  const queue = new Queue('recoveries', { connection, prefix });
  expect(await queue.getJobCounts('waiting', 'active', 'failed')).toEqual({ waiting: 1, active: 0, failed: 0 });
  await queue.close();
});
