import { chmod, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Changes eight bytes in the middle of the largest file below a directory, as a bad disk would, and answers its name. */
export async function flipBytes(dir: string): Promise<string> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, size: (await stat(path)).size };
      }),
  );
  const [largest] = files.toSorted((a, b) => b.size - a.size);
  if (largest === undefined) throw new Error(`there is no file below ${dir}`);
  // restic makes its files read-only.
  await chmod(largest.path, 0o600);
  const file = await open(largest.path, 'r+');
  const at = Math.floor(largest.size / 2);
  const { buffer } = await file.read(Buffer.alloc(8), 0, 8, at);
  await file.write(
    buffer.map((byte) => byte ^ 0xff),
    0,
    8,
    at,
  );
  await file.close();
  return basename(largest.path);
}
