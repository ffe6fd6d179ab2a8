import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { messageOf } from '../domain/errors.ts';
import type { Examined } from './source-kind.ts';

/** An archive ends with two blocks of zeroes, and without them it was cut. */
export const tarEnd = 1024;
/** Whether the last bytes of an archive are its end. */
export const endsAsTar = (tail: Buffer): boolean =>
  tail.byteLength >= tarEnd && tail.subarray(-tarEnd).every((byte) => byte === 0);

/**
 * Reads all of an archive, and counts its files and directories and what the files hold. What no archive may be is refused;
 * rejects when the stream breaks.
 */
export async function tarShape(content: Readable): Promise<Examined> {
  let [bytes, read, files, directories, others] = [0, 0, 0, 0, 0];
  let tail = Buffer.alloc(0);
  let unreadable: unknown;
  const archive = extract();
  archive.on('entry', ({ type, size }: Header, entry, next) => {
    if (type === 'directory') directories += 1;
    else if (type === 'file' || type === 'contiguous-file') {
      files += 1;
      bytes += size;
    } else others += 1;
    // The archive itself tells of it.
    entry.on('error', () => undefined);
    entry.on('end', () => next());
    entry.resume();
  });
  async function* noted(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        read += chunk.byteLength;
        tail = Buffer.concat([tail, chunk.subarray(-tarEnd)]).subarray(-tarEnd);
        yield chunk;
      }
    } catch (error) {
      unreadable = error;
      throw error;
    }
  }
  try {
    await pipeline(noted, archive);
  } catch (error) {
    if (unreadable !== undefined) throw unreadable;
    return { refused: `it is no whole archive: ${messageOf(error)}` };
  }
  if (!endsAsTar(tail))
    return { refused: `it is no whole archive: it ends after ${read} bytes without an end of its own` };
  return { shape: { bytes, counts: { files, directories, others } } };
}
