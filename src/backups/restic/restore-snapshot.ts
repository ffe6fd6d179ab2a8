import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../domain/errors.ts';
import { fullId } from './full-id.ts';
import { lockOf } from './lock-of.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed } from './restic-failure.ts';

/**
 * Writes a snapshot, or what of it fits the pattern `include`, into an empty directory, below which it has the paths it was
 * backed up with. One that fails leaves files of full size that are not what they were: they are removed again.
 */
export async function restoreSnapshot(
  restic: Restic,
  id: string,
  intoDir: string,
  bounds: Bounds,
  include?: string,
): Promise<void> {
  const what = [fullId(id), `--target=${intoDir}`, ...(include === undefined ? [] : [`--include=${include}`])];
  const made = await emptyDir(intoDir);
  try {
    const act = `restore the snapshot ${id.slice(0, 8)}`;
    await restic.run(act, ['restore', ...(await lockOf(restic)), ...what], bounds);
    // A pattern that fits nothing is no failure to restic.
    if ((await readdir(intoDir)).length === 0)
      throw failed('not-found', `restic did not ${act} (${restic.place.name}): nothing in it fits ${include ?? 'it'}`);
  } catch (error) {
    if (made) await rm(intoDir, { recursive: true, force: true });
    else for (const name of await readdir(intoDir)) await rm(join(intoDir, name), { recursive: true, force: true });
    throw error;
  }
}

/** Whether we made it. What is in there already would be mixed with what was restored. */
async function emptyDir(dir: string): Promise<boolean> {
  try {
    const made = await mkdir(dir, { recursive: true, mode: 0o700 });
    if (made !== undefined) return true;
    if ((await readdir(dir)).length === 0) return false;
  } catch (error) {
    throw new UserError(`${dir} cannot be restored into: ${messageOf(error)}.`, { cause: error });
  }
  throw new UserError(`${dir} is not empty: restore into a directory of its own.`);
}
