import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where one renaming puts something in place. */
export interface Place {
  readonly path: string;
  /** An empty folder is there, which is made again like this when what took its place goes back. Absent: nothing is there. */
  readonly was?: { readonly mode: number; readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Where all of these can be put at once; or a sentence: why they can not. Where what is above one is missing, too, its place is
 * the uppermost that is. Rejects when it can not be looked.
 */
export async function placesFor(paths: readonly string[]): Promise<readonly Place[] | string> {
  const places = new Map<string, Place>();
  const devices = new Set<number>();
  for (const one of paths) {
    const place = await placeOf(one);
    if (place === undefined) return `${one} is there and is no empty folder: what is in it would be mixed`;
    places.set(place.path, place);
    devices.add((await stat(dirname(place.path))).dev);
    const found = await lstat(place.path).catch(() => undefined);
    if (found !== undefined) devices.add(found.dev);
  }
  // What is on its own file system can not be put in place by one renaming.
  if (devices.size > 1) return 'not all of it is on one file system, or a file system is mounted at its place';
  return [...places.values()];
}

/** Undefined: something is there. */
async function placeOf(path: string): Promise<Place | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined) {
    const { mode, uid, gid } = found;
    return found.isDirectory() && (await readdir(path)).length === 0
      ? { path, was: { mode: mode & 0o7777, uid, gid } }
      : undefined;
  }
  let uppermost = path;
  while ((await lstat(dirname(uppermost)).catch(() => undefined)) === undefined) uppermost = dirname(uppermost);
  return { path: uppermost };
}
