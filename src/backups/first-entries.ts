import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';

/** What the first entries of an archive are, as many as there are up to `most`; no more of it is read. Rejects when it breaks before. */
export async function firstEntries(archive: Readable, most: number): Promise<readonly Header[]> {
  const found: Header[] = [];
  const tar = extract();
  tar.on('entry', (header, entry, next) => {
    found.push(header);
    // The archive itself tells of it.
    entry.on('error', () => undefined);
    entry.on('end', () => next());
    if (found.length === most) tar.destroy();
    else entry.resume();
  });
  try {
    await pipeline(archive, tar);
  } catch (error) {
    if (found.length < most) throw error;
  }
  return found;
}
