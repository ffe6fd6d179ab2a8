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

/** An archive on its way to who reads it. */
export interface WatchedTar {
  /** To be read once. */
  readonly chunks: AsyncGenerator<Buffer, void>;
  /** Bytes read until now. */
  bytes(): number;
  /** Throws what the stream itself broke with, if it did: what reads it fails of that, too. */
  mustNotHaveBroken(): void;
  /** Why it is none by its end, once all was read; undefined: it ends as one does. */
  cutShort(): string | undefined;
}

export function watchedTar(content: Readable): WatchedTar {
  let [bytes, tail, broken]: [number, Buffer, { readonly error: unknown } | undefined] = [
    0,
    Buffer.alloc(0),
    undefined,
  ];
  async function* chunks(): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        bytes += chunk.byteLength;
        tail = Buffer.concat([tail, chunk.subarray(-tarEnd)]).subarray(-tarEnd);
        yield chunk;
      }
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  return {
    chunks: chunks(),
    bytes: () => bytes,
    mustNotHaveBroken: () => {
      if (broken !== undefined) throw broken.error;
    },
    cutShort: () =>
      endsAsTar(tail) ? undefined : `it is no whole archive: it ends after ${bytes} bytes without an end of its own`,
  };
}

/**
 * Reads all of an archive, and counts its files and directories and what the files hold. What no archive may be is refused;
 * rejects when the stream breaks. `onEntry` hears of each, with the bytes that it holds.
 */
export async function tarShape(content: Readable, onEntry?: (name: string, bytes: number) => void): Promise<Examined> {
  let [bytes, files, directories, others] = [0, 0, 0, 0];
  const archive = extract();
  archive.on('entry', ({ name, type, size }: Header, entry, next) => {
    if (type === 'directory') directories += 1;
    else if (type === 'file' || type === 'contiguous-file') {
      files += 1;
      bytes += size;
    } else others += 1;
    onEntry?.(name, size);
    // The archive itself tells of it.
    entry.on('error', () => undefined);
    entry.on('end', () => next());
    entry.resume();
  });
  const watched = watchedTar(content);
  try {
    await pipeline(watched.chunks, archive);
  } catch (error) {
    watched.mustNotHaveBroken();
    return { refused: `it is no whole archive: ${messageOf(error)}` };
  }
  const refused = watched.cutShort();
  if (refused !== undefined) return { refused };
  return { shape: { bytes, counts: { files, directories, others } } };
}
