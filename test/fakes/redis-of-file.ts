import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { type RedisServer, startRedis } from '../harness/redis.ts';

/** A real Redis of the calling test file, and a connection to it. */
export function redisOfFile(): { server(): RedisServer; redis(): Redis } {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  return { server: () => server, redis: () => redis };
}
