import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { HostFile } from '../domain/docker-objects.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { pause } from './pause.ts';

const mostMs = 2_000;
/** A larger one is data: it is noted that it is there. Bytes. */
const mostBytes = 1_048_576;

/**
 * Reads files of this host, one after the other: Node has four threads for such requests, and needs them. While one hangs (a
 * dead NFS) no other is asked for. Undefined: it is not there under that path as we see it, or is no regular file. Throws
 * ActionError when that was not to be found out within 2 s.
 */
export function hostFiles(): (path: string, before: HostFile | undefined) => Promise<HostFile | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  let hanging: string | undefined;
  return async (path, before) => {
    if (hanging !== undefined) throw new ActionError(`${path} was not read: ${hanging} hangs`, 'timeout', true);
    let state: 'waits' | 'reads' | 'late' = 'waits';
    const reading = last.then(async () => {
      // Nobody waits for it any more.
      if (state === 'late') return undefined;
      state = 'reads';
      return read(path, before).finally(() => (hanging = undefined));
    });
    last = reading.catch(() => undefined);
    const over = new AbortController();
    let isDone = false;
    const late = pause(mostMs, over.signal).then(() => {
      if (isDone) return undefined;
      if (state === 'reads') hanging = path;
      state = 'late';
      throw new ActionError(`${path} was not read within ${mostMs / 1000} s`, 'timeout', true);
    });
    try {
      return await Promise.race([reading, late]);
    } catch (error) {
      if (error instanceof ActionError) throw error;
      throw new ActionError(`${path} can not be read: ${messageOf(error)}`, 'server-error', false, error);
    } finally {
      isDone = true;
      over.abort();
    }
  };
}

/** Reads what is in it only when it was written since `before`. */
async function read(path: string, before: HostFile | undefined): Promise<HostFile | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  });
  if (!found?.isFile()) return undefined;
  const { size, mtimeMs: modifiedAt } = found;
  if (size > mostBytes) return { size: mostBytes + 1, modifiedAt, sha256: '' };
  if (before?.size === size && before.modifiedAt === modifiedAt) return before;
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return { size, modifiedAt, sha256 };
}
