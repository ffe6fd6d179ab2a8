import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import type { RedisServer } from '../harness/redis.ts';

/**
 * Whatever a Redis holds, by where it was found: each key with its values as text (a value that is gzip in base64, as
 * evidence is, also unpacked), a dump of it without compression, and its append-only file, which has all that was ever
 * written. `admin` may do everything there.
 */
export async function redisTexts(admin: Redis, { dir }: RedisServer): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const key of await keysOf(admin)) texts.set(`key ${key}`, `${key}\n${unpacked(await valueOf(admin, key))}`);
  await admin.config('SET', 'rdbcompression', 'no');
  await admin.save();
  texts.set('dump.rdb', await readFile(join(dir, 'dump.rdb'), 'latin1'));
  const log = join(dir, 'appendonlydir');
  for (const name of await readdir(log)) texts.set(name, await readFile(join(log, name), 'latin1'));
  return texts;
}

async function keysOf(redis: Redis): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1_000);
    found.push(...keys);
    cursor = next;
  } while (cursor !== '0');
  return found;
}

async function valueOf(redis: Redis, key: string): Promise<string> {
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, '0', '-1'),
    stream: () => redis.xrange(key, '-', '+'),
    // Gone since it was listed.
    none: async () => '',
  };
  const type = await redis.type(key);
  const read = reads[type];
  if (read === undefined) throw new Error(`${key} is a ${type}, which nobody can read here`);
  return JSON.stringify(await read());
}

/** With what its long base64 words hold behind it. */
function unpacked(text: string): string {
  const packed = text.match(/H4sI[A-Za-z\d+/=]{40,}/g) ?? [];
  return [text, ...packed.map((word) => gunzipSync(Buffer.from(word, 'base64')).toString('utf8'))].join('\n');
}
