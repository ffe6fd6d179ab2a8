import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../test/harness/redis.ts';
import { isSilence, spokenConnection } from './connection.ts';

let server: RedisServer;
let spoken: Redis;
beforeEach(async () => {
  server = await startRedis();
  spoken = spokenConnection({ url: server.url });
  // It breaks on purpose.
  spoken.on('error', () => undefined);
  await once(spoken, 'ready');
});
afterEach(async () => {
  server.resume();
  spoken.disconnect();
  await server.stop();
});
const refusalOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

test('what a hung Redis had not done when it died is not sent again', async () => {
  server.pause();
  // The one fails by the time it took, the other by the connection that broke.
  const late = await refusalOf(spoken.set('late', '1'));
  const broken = refusalOf(spoken.set('broken', '1'));
  await server.kill();
  expect([late, await broken].map(isSilence)).toEqual([true, true]);
  expect(isSilence(await refusalOf(spoken.set('away', '1')))).toBe(true);
  const again = new Promise((resolve) => spoken.once('ready', resolve));
  await Promise.all([again, server.restart()]);
  expect(await spoken.keys('*')).toEqual([]);
});

test('a no of Redis is no silence', async () => {
  await spoken.set('text', 'a');
  expect(isSilence(await refusalOf(spoken.incr('text')))).toBe(false);
});
