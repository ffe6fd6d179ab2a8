import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from './redis.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function redis(options?: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanups.push(() => server.stop());
  return server;
}

function client(url: string): Redis {
  const connection = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 300, retryStrategy: () => null });
  connection.on('error', () => {});
  cleanups.push(() => connection.disconnect());
  return connection;
}

describe('startRedis', () => {
  it('gives a server of its own, durable and without eviction', async () => {
    const server = await redis();
    const connection = client(server.url);
    expect(await connection.info('server')).toContain(`process_id:${server.pid}`);
    expect(await connection.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await connection.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await client(server.socket).ping()).toBe('PONG');
  });

  it('keeps what was acknowledged when it is killed and restarted on the same port', async () => {
    const server = await redis();
    await client(server.url).set('kept', 'yes');
    const before = server.pid;
    await server.kill();
    await expect(client(server.url).get('kept')).rejects.toThrow();
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(await client(server.url).get('kept')).toBe('yes');
  });

  it('hangs while it is paused and goes on when it is resumed', async () => {
    const server = await redis();
    const connection = client(server.url);
    await connection.ping();
    server.pause();
    await expect(connection.ping()).rejects.toThrow('Command timed out');
    server.resume();
    expect(await connection.ping()).toBe('PONG');
  });

  it('removes its directory when it is stopped, also while it is paused', async () => {
    const server = await startRedis();
    expect(existsSync(server.dir)).toBe(true);
    server.pause();
    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
  });
});
