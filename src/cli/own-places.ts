import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { OwnFile } from '../backups/sources/paramedic/own-text.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import { startEmbeddedRedis } from '../store/embedded-redis.ts';
import { type OwnPlace, openOwnPlace } from '../store/own-place.ts';

/** `address`: a `redis://` URL, or the path of a unix socket. Throws UserError when nobody answers there. */
export async function withPlace<Result>(address: string, use: (there: OwnPlace) => Promise<Result>): Promise<Result> {
  const there = await openOwnPlace(address);
  try {
    return await use(there);
  } finally {
    there.close();
  }
}

/** That what is in the Redis of a data directory is of a restore that has not come to its end. */
const halfIn = (dataDir: string): string => join(dataDir, 'restoring');
const isHalf = (dataDir: string): Promise<boolean> =>
  stat(halfIn(dataDir)).then(
    () => true,
    () => false,
  );

/** Whether the Redis of a data directory can take all. Throws UserError. */
export async function mustBeFree(dataDir: string): Promise<void> {
  if (await isHalf(dataDir)) return;
  await mustBeEmpty(join(dataDir, 'redis'), 'a Paramedic has a store there: give another data directory');
}

/**
 * The Redis that a Paramedic with this data directory starts itself, which must not run meanwhile. Where nothing was left there
 * by what failed, what was made for it is removed.
 */
export async function withEmbedded<Result>(
  dataDir: string,
  tell: (line: string) => void,
  use: (there: OwnPlace) => Promise<Result>,
): Promise<Result> {
  const dir = resolve(dataDir);
  const isAgain = await isHalf(dir);
  const made = await mkdir(dir, { recursive: true, mode: 0o700 });
  const there: { is: 'unknown' | 'nothing' | 'half' | 'whole' } = { is: isAgain ? 'half' : 'unknown' };
  try {
    await writeFile(halfIn(dir), '');
    const redis = await startEmbeddedRedis(dir, { log: { info: () => undefined, warn: tell, error: tell } });
    try {
      return await withPlace(redis.socket, async (place) => {
        there.is = 'half';
        try {
          const result = await use(place);
          there.is = 'whole';
          return result;
        } catch (error) {
          const names = await place.names().catch(() => undefined);
          // Nobody can say what it holds: then it may be half of something.
          if (names === undefined) throw error;
          there.is = names.length === 0 ? 'nothing' : (await place.isHalf()) ? 'half' : 'whole';
          throw error;
        }
      });
    } finally {
      await redis.stop();
    }
  } finally {
    if (there.is !== 'half') await rm(halfIn(dir), { force: true });
    if (there.is === 'nothing') await rm(made ?? join(dir, 'redis'), { recursive: true });
    if (there.is === 'unknown' && made !== undefined) await rm(made, { recursive: true });
  }
}

export async function mustBeEmpty(folder: string, how: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new UserError(`nothing was done: ${folder} can not be read: ${messageOf(error)}`);
  });
  if (found.length > 0) throw new UserError(`nothing was done: ${folder} is not empty: ${how}`);
}

/** Below a folder, each by its own path. They hold secrets: nobody else may read them while they are written. */
export async function writeFiles(files: readonly OwnFile[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path, mode, uid, gid, content } of files) {
    const to = join(folder, path);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await writeFile(to, content, { mode: 0o600, flag: 'wx' });
    if (process.getuid?.() === 0) await chown(to, uid, gid);
    await chmod(to, mode);
  }
}
