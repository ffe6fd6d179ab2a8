import { lstat, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import type { Restorable } from '../../source-kind.ts';

/**
 * Brings files of this machine back to where they were, when there is nothing: beside that first, then each by one renaming.
 * Throws ActionError.
 */
export async function putInPlace(content: Restorable, paths: readonly string[]): Promise<Verdict> {
  const places = new Set<string>();
  const refused = (what: string): Verdict =>
    no(
      `${what}; nothing was touched: restic restore SNAPSHOT --target DIR (the repository has the paths as they were) brings them where you choose`,
    );
  const devices = new Set<number>();
  for (const path of paths) {
    const place = await missingPlace(path);
    if (place === undefined) return refused(`${path} is there and is no empty folder: what is in it would be mixed`);
    places.add(place);
    devices.add((await stat(dirname(place))).dev);
    const found = await lstat(place).catch(() => undefined);
    if (found !== undefined) devices.add(found.dev);
  }
  // What is on its own file system can not be put in place by one renaming.
  if (devices.size > 1) return refused('not all of it is on one file system, or a file system is mounted at its place');
  const [first = '/'] = places;
  let beside: string | undefined;
  try {
    beside = await mkdtemp(join(dirname(first), '.paramedic-restore-'));
    await content.intoFolder(beside);
    for (const place of places) await rename(join(beside, place), place);
    return yes(`${[...places].join(', ')} ${places.size === 1 ? 'is' : 'are'} in place again`);
  } catch (error) {
    if (error instanceof ActionError) throw error;
    throw new ActionError(
      `${[...places].join(', ')} could not be put in place: ${messageOf(error)}`,
      'server-error',
      false,
      error,
    );
  } finally {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
  }
}

/** The uppermost folder that is missing on the way to it, or itself when it is empty; undefined: something is there. */
async function missingPlace(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined) return found.isDirectory() && (await readdir(path)).length === 0 ? path : undefined;
  let place = path;
  while ((await lstat(dirname(place)).catch(() => undefined)) === undefined) place = dirname(place);
  return place;
}
