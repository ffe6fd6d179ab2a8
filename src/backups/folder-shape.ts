import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shape } from '../domain/recovery-point.ts';

/** What is below a folder, counted as in restic's archive of it, which leaves out pipes and devices. Rejects when it can not be read. */
export async function folderShape(folder: string): Promise<Shape> {
  const counts = { files: 0, directories: 0, others: 0 };
  let bytes = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
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
