import { once } from 'node:events';
import type { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Delivery } from '../../src/domain/alert.ts';
import { workerConnection } from '../../src/queue/connection.ts';
import { createInbox, createInboxWorker, type Inbox } from '../../src/queue/inbox.ts';
import { createInboxList, type InboxList } from '../../src/store/inbox-list.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

let server: RedisServer;
let connection: Redis;
let producer: Redis;
let letters: InboxList;
let inbox: Inbox;
let worker: Worker | undefined;
let count = 0;
let prefix = '';
beforeAll(async () => {
  server = await startRedis();
  connection = workerConnection({ url: server.url });
  producer = new Redis(server.url);
  await once(producer, 'ready');
});
afterAll(async () => {
  connection.disconnect();
  producer.disconnect();
  await server.stop();
});
beforeEach(() => {
  prefix = `inbox${(count += 1)}`;
  letters = createInboxList(producer, connection, `${prefix}:`);
  inbox = createInbox(letters, producer, connection, prefix, () => undefined);
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await inbox.close();
});

const delivery = (receiver: string, receivedAt: number): Delivery => ({
  receivedAt,
  source: 'alertmanager',
  receiver,
  truncatedAlerts: 0,
  alerts: [],
});
const accept = (name: string, at = 1): Promise<void> => inbox.accept(Buffer.from(name), at);

/** Resolves with the names that were triaged once there are `enough`. */
function work(enough: number, triage: (name: string) => Promise<readonly []> = async () => []) {
  const seen: string[] = [];
  const buried: unknown[] = [];
  return new Promise<{ seen: string[]; buried: unknown[] }>((resolve) => {
    const tell = (): void => {
      if (seen.length + buried.length >= enough) resolve({ seen, buried });
    };
    worker = createInboxWorker(inbox, letters, connection, prefix, {
      parse: delivery,
      async triage({ receiver, receivedAt }) {
        const left = await triage(receiver);
        seen.push(`${receiver}@${receivedAt}`);
        tell();
        return left;
      },
      buried(error) {
        buried.push(error);
        tell();
      },
    });
  });
}

test('what was accepted is triaged once, in the words and at the time it came', async () => {
  for (let i = 0; i < 50; i += 1) await accept(`ü${i}`, i);
  const { seen } = await work(50);
  expect(seen.toSorted()).toEqual(Array.from({ length: 50 }, (_, i) => `ü${i}@${i}`).toSorted());
  expect(await letters.isEmpty()).toBe(true);
});

test('what comes while a job is under way is triaged too', async () => {
  await accept('first');
  let more: Promise<unknown> | undefined;
  const { seen } = await work(3, async (name) => {
    if (name === 'first') more = Promise.all([accept('second'), accept('third')]);
    await more;
    return [];
  });
  expect(seen.toSorted()).toEqual(['first@1', 'second@1', 'third@1']);
});

test('a job that is taken up again finds what it had taken; what was done is not done again', async () => {
  await accept('a');
  await accept('b');
  const first = await letters.take('7', 20);
  expect(first.letters.map((one) => one.body)).toEqual(['a', 'b']);
  await letters.done('7', first.id, [{ receivedAt: 1, body: 'b' }]);
  expect((await letters.take('7', 20)).letters.map((one) => one.body)).toEqual(['b']);
});

test('a run that was overtaken by another run of its job finishes nothing of what that one took', async () => {
  await accept('a');
  const frozen = await letters.take('7', 20);
  const second = await letters.take('7', 20);
  await letters.done('7', second.id);
  await accept('b');
  await letters.take('7', 20);
  await letters.done('7', frozen.id);
  expect((await letters.take('7', 20)).letters.map((one) => one.body)).toEqual(['b']);
  expect(await letters.takers()).toEqual(['7']);
});

test('upkeep brings back what a lost job had taken, in order, and rings', async () => {
  await accept('a');
  await accept('b');
  await letters.take('gone', 1);
  await inbox.queue.obliterate({ force: true });
  await inbox.tend();
  expect(await letters.takers()).toEqual([]);
  const { seen } = await work(2);
  expect(seen).toEqual(['a@1', 'b@1']);
});

test('a job that is alive keeps what it took', async () => {
  await accept('a');
  const [job] = await inbox.queue.getWaiting();
  await letters.take(job?.id ?? '', 20);
  await inbox.tend();
  expect(await letters.takers()).toEqual([job?.id]);
});

test('one that cannot be triaged is tried again, then put aside, and holds up no other', async () => {
  await accept('bad');
  await accept('good');
  let tries = 0;
  const { seen, buried } = await work(2, async (name) => {
    if (name === 'bad') {
      tries += 1;
      throw new Error('a bug');
    }
    return [];
  });
  expect(seen).toEqual(['good@1']);
  expect(buried).toHaveLength(1);
  expect(tries).toBe(4);
  expect(await producer.lrange(`${prefix}:inbox:dead`, 0, -1)).toEqual(['bad']);
});
