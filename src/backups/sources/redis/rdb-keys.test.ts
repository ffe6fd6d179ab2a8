import { execFileSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis } from '../../../../test/harness/redis.ts';
import { rdbKeys } from './rdb-keys.ts';

let redis: Redis;
let dump: () => Buffer;
let stop: () => Promise<void>;
beforeEach(async () => {
  const server = await startRedis({ aof: false });
  redis = new Redis(server.socket);
  // Else it waits 5 s for others who want the same.
  await redis.config('SET', 'repl-diskless-sync-delay', '0');
  dump = () => execFileSync('redis-cli', ['-s', server.socket, '--rdb', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
  stop = async () => {
    redis.disconnect();
    await server.stop();
  };
});
afterEach(() => stop());

function counted(rdb: Buffer, piece: number): number | undefined {
  const keys = rdbKeys();
  for (let from = 0; from < rdb.length; from += piece) keys.add(rdb.subarray(from, from + piece));
  return keys.count();
}

it('counts keys of every kind of value, in all databases, but for those that expire', async () => {
  const many = Array.from({ length: 600 }, (_, index) => `member ${index}`);
  await redis.set('text', 'x'.repeat(100_000));
  await redis.mset('byte', 1, 'short', 1_000, 'int', 1_000_000, 'long', '123456789012345678901234567890', 'empty', '');
  await redis.setbit('bits', 100_000, 1);
  await redis.rpush('list', 'one', 'two');
  await redis.rpush('long list', ...many, 'y'.repeat(20_000));
  await redis.sadd('numbers', 1, 2, 3);
  await redis.sadd('set', ...many);
  await redis.zadd('scores', 1.5, 'a', '-inf', 'b');
  await redis.zadd('many scores', ...many.flatMap((member, index) => [index / 7, member]));
  await redis.hset('hash', { a: 1, b: 'two' });
  await redis.hset('large hash', Object.fromEntries(many.map((name) => [name, name])));
  for (let i = 0; i < 300; i += 1) await redis.xadd('stream', '*', 'field', `value ${i}`);
  await redis.xgroup('CREATE', 'stream', 'readers', '0');
  await redis.xreadgroup('GROUP', 'readers', 'first', 'COUNT', 10, 'STREAMS', 'stream', '>');
  await redis.call('FUNCTION', 'LOAD', "#!lua name=ours\nredis.register_function('one', function() return 1 end)");
  await redis.set('soon gone', 1, 'EX', 1_000);
  await redis.select(3);
  await redis.set('elsewhere', 'too');
  await redis.set('there too', 'and gone', 'PX', 1_000_000);
  const rdb = dump();
  // 16 in the first, one in the other.
  for (const piece of [1, 7, 1_000, rdb.length]) expect(counted(rdb, piece)).toBe(17);
});

it('counts none in an empty one', () => {
  expect(counted(dump(), 5)).toBe(0);
});

it('does not say a number of what it does not know, or has not seen the end of', async () => {
  await redis.set('a', 'b');
  const rdb = dump();
  expect(counted(rdb.subarray(0, rdb.indexOf(0xff)), 10)).toBeUndefined();
  // A string, by a type that no Redis has.
  const key = rdb.indexOf(Buffer.from([0, 1, 0x61, 1, 0x62]));
  rdb[key] = 99;
  expect(counted(rdb, 10)).toBeUndefined();
});
