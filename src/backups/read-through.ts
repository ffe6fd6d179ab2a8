import type { Readable } from 'node:stream';

/** Reads a stream to its end, and answers how many bytes there were, and how many lines. Rejects when it breaks. */
export async function readThrough(content: Readable): Promise<{ readonly bytes: number; readonly lines: number }> {
  let [bytes, lines, last] = [0, 0, 10];
  for await (const chunk of content as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
    last = chunk.at(-1) ?? last;
  }
  return { bytes, lines: last === 10 ? lines : lines + 1 };
}
