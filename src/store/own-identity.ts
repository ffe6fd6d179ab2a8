import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { UserError } from '../domain/errors.ts';
import { keys } from './keys.ts';

/** What a store is called, made when it is asked for first, once for all who use that store. */
export async function ownIdentity(redis: Redis, prefix = 'paramedic:'): Promise<string> {
  const key = keys(prefix).identity;
  // With the name of the machine, so that people know which of theirs it is. restic parts its tags at commas.
  const made = `${hostname().replaceAll(/[^\w.-]/g, '-')}-${randomBytes(4).toString('hex')}`;
  await redis.set(key, made, 'NX');
  const found = (await redis.get(key)) ?? '';
  if (!/^[\w.-]+$/.test(found))
    throw new UserError(
      `What this store is called can not be read in Redis, in ${key}: write there what its recovery points are tagged with (identity=…), or delete that key when it has none.`,
    );
  return found;
}
