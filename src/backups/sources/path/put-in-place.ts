import { chmod, chown, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import type { Restorable, Restored } from '../../source-kind.ts';
import { folderName, type HalfWay, isThere, leftHalfWay, noteBegun, wholeIn } from './half-way.ts';
import { type Place, placesFor } from './places.ts';

const refused = (what: string): Verdict =>
  no(
    `${what}; nothing was touched: restic restore SNAPSHOT --target DIR (the repository has the paths as they were) brings them where you choose`,
  );

/** Whether there is room for all of them, or for what one that died has left to be done. Rejects when it can not be looked. */
export async function fitsInPlace(paths: readonly string[]): Promise<Verdict> {
  const left = await leftHalfWay(paths);
  if (left !== undefined) return roomForRest(left);
  const places = await placesFor(paths);
  return typeof places === 'string' ? refused(places) : yes('there is room for all of it');
}

/**
 * Brings files of this machine back to where they were, when there is nothing: beside that first, then each by one renaming;
 * where one of those fails, the others go back. One that died between those is finished. Throws ActionError.
 */
export async function putInPlace(content: Restorable, paths: readonly string[]): Promise<Restored> {
  const left = await leftHalfWay(paths);
  if (left !== undefined) return finished(left, content.snapshot);
  const before = await placesFor(paths);
  if (typeof before === 'string') return refused(before);
  const folder = join(dirname(before[0]?.path ?? '/'), folderName(paths));
  return unlessFailed(before, async () => {
    // Of one that died before anything was in its place: all that is in it is in the repository.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    try {
      await mkdir(wholeIn(folder));
      await content.intoFolder(wholeIn(folder));
      // That took its time: somebody may have made something there meanwhile.
      const places = await placesFor(paths);
      if (typeof places === 'string') return refused(places);
      const lacking = await firstLacking(folder, places);
      if (lacking !== undefined) return refused(`${lacking} is not in that snapshot`);
      await noteBegun(folder, places, content.snapshot);
      await exchange(folder, places);
      return yes(`${areInPlace(places)} again`);
    } finally {
      // Where not all of them could go back the others are in it.
      const half = await leftHalfWay(paths);
      if (half === undefined || half.rest.length === 0) await rm(folder, { recursive: true, force: true });
    }
  });
}

/** What was there already is left as it is: somebody may have written to it since. */
async function finished(left: HalfWay, snapshot: string | undefined): Promise<Restored> {
  const { folder, done, rest } = left;
  const died = `a restore that died had put ${namesOf(done)} in place${rest.length === 0 ? '' : `, and not ${namesOf(rest)}`}`;
  if (left.snapshot !== snapshot)
    return no(
      `${died}, of snapshot ${left.snapshot?.slice(0, 8)}: nothing was touched; restore that one, which finishes it, or move away what is in place`,
    );
  const room = await roomForRest(left);
  if (!room.ok) return room;
  return unlessFailed(rest, async () => {
    await exchange(folder, rest);
    await rm(folder, { recursive: true, force: true });
    return { ...yes(`${areInPlace([...done, ...rest])} again`), mended: `${died}: that is finished` };
  });
}

async function roomForRest({ folder, done, rest }: HalfWay): Promise<Verdict> {
  const places = await placesFor(rest.map(({ path }) => path));
  if (typeof places !== 'string') return yes(`${areInPlace(done)}, and there is room for the rest`);
  return no(
    `${places}; a restore that died had put ${namesOf(done)} in place, and has the rest in ${folder}; nothing was touched: move away what keeps it from its place, and restore again, which finishes it`,
  );
}

const namesOf = (places: readonly Place[]): string => places.map(({ path }) => path).join(', ');
const areInPlace = (places: readonly Place[]): string =>
  `${namesOf(places)} ${places.length === 1 ? 'is' : 'are'} in place`;

async function unlessFailed(places: readonly Place[], work: () => Promise<Restored>): Promise<Restored> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ActionError) throw error;
    const what = `${namesOf(places)} could not be put in place: ${messageOf(error)}`;
    throw new ActionError(what, 'server-error', false, error);
  }
}

async function firstLacking(folder: string, places: readonly Place[]): Promise<string | undefined> {
  for (const { path } of places) if (!(await isThere(join(wholeIn(folder), path)))) return path;
  return undefined;
}

/** All of them, or none. Rejects with what kept one from it. */
async function exchange(folder: string, places: readonly Place[]): Promise<void> {
  const done: Place[] = [];
  try {
    for (const place of places) {
      // Onto an empty folder it takes the place of that, and fails when it is not empty any more.
      await rename(join(wholeIn(folder), place.path), place.path);
      done.push(place);
    }
  } catch (error) {
    for (const { path, was } of done.toReversed()) {
      await rename(path, join(wholeIn(folder), path));
      if (was === undefined) continue;
      await mkdir(path);
      await chown(path, was.uid, was.gid);
      await chmod(path, was.mode);
    }
    throw error;
  }
}
