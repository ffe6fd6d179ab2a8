import { lstat, readdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Shape } from '../domain/recovery-point.ts';

/** What is below a folder, counted as in restic's archive of it, which leaves out pipes and devices. Rejects when it can not be read. */
export async function folderShape(folder: string): Promise<Shape> {
  return shapeOf((await readdir(folder)).map((name) => join(folder, name)));
}

/** The same of files and folders of this machine: that archive has the folders above them, too. Rejects when one is not there. */
export async function pathsShape(paths: readonly string[]): Promise<Shape> {
  const all = [...new Set(paths.map((path) => resolve(path)))];
  const outermost = all.filter((path) => !all.some((other) => path.startsWith(`${other}${sep}`)));
  const { bytes, counts } = await shapeOf(outermost);
  const above = new Set(outermost.flatMap(foldersAbove));
  return { bytes, counts: { ...counts, directories: (counts['directories'] ?? 0) + above.size } };
}

/** Up to the root, without that. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === dirname(folder) ? [] : [folder, ...foldersAbove(folder)];
}

async function shapeOf(paths: readonly string[]): Promise<Shape> {
  const counts = { files: 0, directories: 0, others: 0 };
  let bytes = 0;
  for (const path of paths) {
    const found = await lstat(path);
    if (found.isDirectory()) {
      const below = await folderShape(path);
      bytes += below.bytes;
      counts.files += below.counts['files'] ?? 0;
      counts.directories += 1 + (below.counts['directories'] ?? 0);
      counts.others += below.counts['others'] ?? 0;
    } else if (found.isFile()) {
      counts.files += 1;
      bytes += found.size;
    } else if (found.isSymbolicLink()) counts.others += 1;
  }
  return { bytes, counts };
}
