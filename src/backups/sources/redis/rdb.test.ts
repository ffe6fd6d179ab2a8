import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { startRedis } from '../../../../test/harness/redis.ts';
import { endsAsRdb, examineRdb } from './rdb.ts';

/** What a real Redis has saved, and what its own program gets from it. */
let whole: Buffer;
let sent: Buffer;
beforeAll(async () => {
  const server = await startRedis({ aof: false });
  const redis = new Redis(server.socket);
  for (let i = 0; i < 2_000; i += 1) await redis.set(`key:${i}`, 'value '.repeat(i % 50));
  await redis.save();
  whole = readFileSync(join(server.dir, 'dump.rdb'));
  sent = execFileSync('redis-cli', ['-s', server.socket, '--rdb', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
  redis.disconnect();
  await server.stop();
});

const examine = (bytes: Buffer, piece = 1_000) =>
  examineRdb(
    (async function* () {
      for (let from = 0; from < bytes.length; from += piece) yield bytes.subarray(from, from + piece);
    })(),
  );

describe('what Redis has saved', () => {
  test.each([1, 9, 1_000, 10_000_000])('has the checksum that it tells, read by %i bytes', async (piece) => {
    expect(await examine(whole, piece)).toEqual({ shape: { bytes: whole.length, counts: { keys: 2_000 } } });
    expect(endsAsRdb(whole)).toBe(true);
  });

  test.each([1, 49, 50, 1_000, 10_000_000])('is read as its own program sends it, by %i bytes', async (piece) => {
    expect(await examine(sent, piece)).toEqual({ shape: { bytes: sent.length, counts: { keys: 2_000 } } });
    expect(endsAsRdb(sent)).toBe(true);
    for (const cut of [1, 20, 39, 41, 45, 49]) expect(await examine(sent.subarray(0, -cut))).toHaveProperty('refused');
  });

  test('is refused when it was cut', async () => {
    for (const part of [0, 0.1, 0.5, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      expect(await examine(cut)).toHaveProperty('refused');
    }
    expect(await examine(whole.subarray(0, -1))).toHaveProperty('refused');
  });

  test('is refused when a bit of it is another', async () => {
    const broken = Buffer.from(whole);
    broken[500] = (broken[500] ?? 0) ^ 1;
    expect(await examine(broken)).toEqual({ refused: 'its checksum is not that of what is in it' });
  });

  test('is believed when Redis was told to write no checksum', async () => {
    const without = Buffer.from(whole).fill(0, whole.length - 8);
    expect(await examine(without)).toHaveProperty('shape');
  });

  test('is refused when it is something else', async () => {
    expect(await examine(Buffer.from('ERR unknown command\n'.repeat(10)))).toEqual({
      refused: 'it does not begin as an RDB does',
    });
  });
});
