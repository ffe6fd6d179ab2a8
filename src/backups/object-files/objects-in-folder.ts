import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Shape } from '../../domain/recovery-point.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import type { Examined, Restorable, Scratch } from '../source-kind.ts';
import { scratchFolder } from '../scratch-folder.ts';
import { objectCount } from './count-objects.ts';
import { eachFile } from './examine-objects.ts';
import { inventoryFile, objectPathOf } from './object-file.ts';

/** Writes them into an empty folder, as `tar x` would. Rejects when they can not be read or written. */
export async function unpackObjects(content: Restorable, folder: string): Promise<Verdict> {
  let strange: string | undefined;
  await eachFile(await content.read(), async (path, body) => {
    // A path that leads out of the folder is none of an object.
    if (path !== inventoryFile && objectPathOf(path) === undefined) {
      strange ??= path;
      return;
    }
    const to = join(folder, path);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await writeFile(to, body, { mode: 0o600 });
  });
  return strange === undefined ? yes(`they are in ${folder}`) : no(`${strange} in it is no object`);
}

/** Each file in the folder, in the order of their paths, which are told from the folder on. */
export async function* filesIn(folder: string): AsyncGenerator<readonly [path: string, body: string], void> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  for (const path of paths.toSorted()) yield [relative(folder, path), await readFile(path, 'utf8')];
}

/** A folder of this machine that they are unpacked in, for a drill. */
export const objectsScratch = (
  folder: string,
  countsOf: (kinds: ReadonlyMap<string, number>) => Shape['counts'],
): Scratch =>
  scratchFolder(folder, {
    fill: (content) => unpackObjects(content, folder),
    async look(): Promise<Examined> {
      const count = objectCount(countsOf);
      let bytes = 0;
      for await (const [path, body] of filesIn(folder)) {
        bytes += Buffer.byteLength(body);
        count.add(path, body);
      }
      return count.end(bytes);
    },
  });
