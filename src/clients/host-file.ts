import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { HostFile } from '../domain/docker-objects.ts';
import { pause } from './pause.ts';

const mostMs = 2_000;
/** A larger one is data: it is noted that it is there. Bytes. */
const mostBytes = 1_048_576;

/**
 * Reads files of this host. Undefined: nothing is known of it, because it is not there under that path as we see it, is no
 * regular file, or was not read within 2 s. While one hangs (a dead NFS) no other is asked for: Node has four threads for
 * such requests, and needs them.
 */
export function hostFiles(): (path: string, before: HostFile | undefined) => Promise<HostFile | undefined> {
  let hanging: Promise<unknown> | undefined;
  return async (path, before) => {
    if (hanging !== undefined) return undefined;
    const late = new AbortController();
    const reading = read(path, before).catch(() => undefined);
    hanging = reading.finally(() => (hanging = undefined));
    try {
      return await Promise.race([reading, pause(mostMs, late.signal).then(() => undefined)]);
    } finally {
      late.abort();
    }
  };
}

/** Reads what is in it only when it was written since `before`. */
async function read(path: string, before: HostFile | undefined): Promise<HostFile | undefined> {
  const found = await stat(path);
  if (!found.isFile()) return undefined;
  const { size, mtimeMs: modifiedAt } = found;
  if (size > mostBytes) return { size: mostBytes + 1, modifiedAt, sha256: '' };
  if (before?.size === size && before.modifiedAt === modifiedAt) return before;
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return { size, modifiedAt, sha256 };
}
