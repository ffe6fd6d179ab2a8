import { createHash } from 'node:crypto';
import { lstat, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Place } from './places.ts';

/** What a restore has left that died when some of it was in its place. */
export interface HalfWay {
  /** It holds the rest. */
  readonly folder: string;
  /** What it brings back; absent: nobody has said. */
  readonly snapshot?: string | undefined;
  /** What has its own in it again. */
  readonly done: readonly Place[];
  readonly rest: readonly Place[];
}

const was = z.object({ mode: z.number(), uid: z.number(), gid: z.number() });
const noted = z.object({
  snapshot: z.string().optional(),
  places: z.array(z.object({ path: z.string(), was: was.optional() })),
});

const noteIn = (folder: string): string => join(folder, 'places.json');

/** Where all of it is before it is put in place, by its whole paths. */
export const wholeIn = (folder: string): string => join(folder, 'whole');

/** What the folder beside the first place is called. */
export const folderName = (paths: readonly string[]): string =>
  `.paramedic-restore-${createHash('sha256').update(paths.join('\0')).digest('hex').slice(0, 12)}`;

/** Notes what is renamed next: which of it was is seen by what is left in the folder. It is on the disk when this resolves. */
export const noteBegun = (folder: string, places: readonly Place[], snapshot?: string): Promise<void> =>
  writeFile(noteIn(folder), JSON.stringify({ snapshot, places }), { flush: true });

/** Undefined: nothing was put in place by one that died, or it is gone since. */
export async function leftHalfWay(paths: readonly string[]): Promise<HalfWay | undefined> {
  const name = folderName(paths);
  // What is above a path may have been put in place with it: then the folder is above that.
  for (let at = dirname(paths[0] ?? '/'); ; at = dirname(at)) {
    const folder = join(at, name);
    const note = await noteOf(folder);
    if (note !== undefined) return standing(folder, note);
    if (at === dirname(at)) return undefined;
  }
}

async function standing(folder: string, { snapshot, places }: z.output<typeof noted>): Promise<HalfWay | undefined> {
  const [done, rest]: [Place[], Place[]] = [[], []];
  for (const place of places) {
    if (await isThere(join(wholeIn(folder), place.path))) rest.push(place);
    else if (await isThere(place.path)) done.push(place);
    else return undefined;
  }
  return done.length === 0 ? undefined : { folder, snapshot, done, rest };
}

export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Undefined also where one died while it wrote: that has renamed nothing yet. */
async function noteOf(folder: string): Promise<z.output<typeof noted> | undefined> {
  try {
    const found = await lstat(folder);
    // What another user of this machine has made must not tell us what to rename.
    if (!found.isDirectory() || found.uid !== process.getuid?.()) return undefined;
    return noted.parse(JSON.parse(await readFile(noteIn(folder), 'utf8')));
  } catch {
    return undefined;
  }
}
