import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import type { Restorable } from '../../source-kind.ts';
import { type Place, placesFor } from './places.ts';

const refused = (what: string): Verdict =>
  no(
    `${what}; nothing was touched: restic restore SNAPSHOT --target DIR (the repository has the paths as they were) brings them where you choose`,
  );

/** Whether there is room for all of them. Rejects when it can not be looked. */
export async function fitsInPlace(paths: readonly string[]): Promise<Verdict> {
  const places = await placesFor(paths);
  return typeof places === 'string' ? refused(places) : yes('there is room for all of it');
}

/**
 * Brings files of this machine back to where they were, when there is nothing: beside that first, then each by one renaming;
 * where one of those fails, the others go back. Throws ActionError.
 */
export async function putInPlace(content: Restorable, paths: readonly string[]): Promise<Verdict> {
  const before = await placesFor(paths);
  if (typeof before === 'string') return refused(before);
  const names = before.map(({ path }) => path);
  let beside: string | undefined;
  try {
    const of = createHash('sha256').update(paths.join('\0')).digest('hex').slice(0, 12);
    const folder = join(dirname(names[0] ?? '/'), `.paramedic-restore-${of}`);
    // Of one that died before anything was in its place: all that is in it is in the repository.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    beside = folder;
    await content.intoFolder(beside);
    // That took its time: somebody may have made something there meanwhile.
    const places = await placesFor(paths);
    if (typeof places === 'string') return refused(places);
    const lacking = await firstLacking(beside, places);
    if (lacking !== undefined) return refused(`${lacking} is not in that snapshot`);
    await exchange(beside, places);
    return yes(`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} in place again`);
  } catch (error) {
    if (error instanceof ActionError) throw error;
    throw new ActionError(
      `${names.join(', ')} could not be put in place: ${messageOf(error)}`,
      'server-error',
      false,
      error,
    );
  } finally {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
  }
}

async function firstLacking(beside: string, places: readonly Place[]): Promise<string | undefined> {
  for (const { path } of places)
    if ((await lstat(join(beside, path)).catch(() => undefined)) === undefined) return path;
  return undefined;
}

/** All of them, or none. Rejects with what kept one from it. */
async function exchange(beside: string, places: readonly Place[]): Promise<void> {
  const done: Place[] = [];
  try {
    for (const place of places) {
      // Onto an empty folder it takes the place of that, and fails when it is not empty any more.
      await rename(join(beside, place.path), place.path);
      done.push(place);
    }
  } catch (error) {
    for (const { path, was } of done.toReversed()) {
      await rename(path, join(beside, path));
      if (was === undefined) continue;
      await mkdir(path);
      await chown(path, was.uid, was.gid);
      await chmod(path, was.mode);
    }
    throw error;
  }
}
