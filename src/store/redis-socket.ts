import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../domain/errors.ts';

/** The system's limit for the path of a unix socket is 108 bytes with the final NUL, 104 on some. */
const MAX_BYTES = 103;
const SHORT_DIR = 'paramedic-redis-';
const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_BYTES;

/** Where redis-server will listen: below `dir`, or in a new directory of ours alone when that path would be too long. */
export async function redisSocketIn(dir: string): Promise<{ readonly path: string; readonly elsewhere: boolean }> {
  const path = join(dir, 'redis.sock');
  if (fits(path)) return { path, elsewhere: false };
  const prefix = join(tmpdir(), SHORT_DIR);
  // mkdtemp adds six characters and makes it 0700.
  if (!fits(join(`${prefix}xxxxxx`, 'redis.sock')))
    throw new UserError(
      `The paths ${dir} and ${tmpdir()} are both too long for a unix socket: set a shorter data_dir.`,
    );
  return { path: join(await mkdtemp(prefix), 'redis.sock'), elsewhere: true };
}

/** Removes a socket that nobody listens on any more, and the directory that was made for it alone. */
export async function removeRedisSocket(path: string): Promise<void> {
  if (basename(path) !== 'redis.sock') return;
  await rm(path, { force: true });
  if (basename(dirname(path)).startsWith(SHORT_DIR)) await rmdir(dirname(path)).catch(() => undefined);
}
