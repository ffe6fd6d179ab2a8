import { Redis } from 'ioredis';
import { UserError } from '../domain/errors.ts';
import { keys } from './keys.ts';

const mark = keys('paramedic:').restoring;

/** Whether one began to bring back to it, and did not come to its end: what is there is half of something. */
export const isHalfStore = async (redis: Redis): Promise<boolean> => (await redis.exists(mark)) === 1;

/** Throws UserError when it is half of something: who begins on it takes that for all there was. */
export async function mustBeWhole(redis: Redis): Promise<void> {
  if (!(await isHalfStore(redis))) return;
  throw new UserError(
    `paramedic restore --own has begun to bring back what is in this Redis, and has not come to its end: half of it is there. Run the same restore again: it takes away what is there, and begins anew. (${mark} marks it.)`,
  );
}

/**
 * The same before anything is begun. `address`: a `redis://` URL, or the path of a unix socket; one that does not answer yet is
 * asked when it does.
 */
export async function mustNotBeginOnHalf(address: string): Promise<void> {
  const quick = { lazyConnect: true, connectTimeout: 2_000, commandTimeout: 2_000, maxRetriesPerRequest: 0 };
  const redis = new Redis(address, { ...quick, retryStrategy: () => null });
  // Those that stay connected tell of it.
  redis.on('error', () => undefined);
  try {
    await mustBeWhole(redis);
  } catch (error) {
    if (error instanceof UserError) throw error;
  } finally {
    redis.disconnect();
  }
}
