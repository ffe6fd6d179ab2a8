import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { OwnScratch, OwnState } from '../domain/own-state.ts';
import { ownIdentity } from './own-identity.ts';
import { ownNames, readOwnKeys, writeOwnKeys } from './own-keys.ts';
import { hasRedisServer, startRedisProcess } from './redis-process.ts';
import { redisSocketIn, removeRedisSocket } from './redis-socket.ts';

/** What we know is in Redis. `redis`: a connection that fails rather than waits. */
export const createOwnState = (redis: Redis, told: Pick<OwnState, 'version' | 'files'>): OwnState => ({
  ...told,
  identity: () => ownIdentity(redis),
  keys: (signal) => readOwnKeys(redis, signal),
  scratch: async (folder, signal) => ((await hasRedisServer()) ? scratchRedis(folder, signal) : undefined),
});

async function scratchRedis(folder: string, signal: AbortSignal): Promise<OwnScratch> {
  const dir = join(folder, 'redis');
  await mkdir(dir, { mode: 0o700 });
  const { path: socket } = await redisSocketIn(dir);
  try {
    const server = await startRedisProcess({ dir, socket, onPid: () => Promise.resolve() }, signal);
    const redis = new Redis({ path: socket, maxRetriesPerRequest: 0, retryStrategy: () => null });
    // Whoever asks hears of it.
    redis.on('error', () => undefined);
    return {
      async fill(keys) {
        await writeOwnKeys(redis, keys);
      },
      names: () => ownNames(redis),
      async remove() {
        redis.disconnect();
        await server.terminate();
        await removeRedisSocket(socket);
      },
    };
  } catch (error) {
    await removeRedisSocket(socket);
    throw error;
  }
}
