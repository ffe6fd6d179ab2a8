import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Store } from '../../src/domain/store.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';

/** The store of a Paramedic that keeps its own redis-server in its data directory. */
export function openStore(dataDir: string): { readonly store: Store; stop(): Promise<void> } {
  const redis = new Redis({ path: join(dataDir, 'redis', 'redis.sock') });
  return { store: createRedisStore(redis), stop: async () => redis.disconnect() };
}
