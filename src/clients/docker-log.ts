import { newestLines } from './newest-lines.ts';

/** The stream carried something else than an engine's frames. */
export class NoFrame extends Error {
  override readonly name = 'NoFrame';
}

const headerBytes = 8;

/**
 * The newest lines of what an engine sends of a log, `maxBytes` at most; no more than twice as much is held at any time.
 * `isRaw`: the container has a terminal, so its log comes as it was written; else in frames, each with a header that says
 * which stream it is of and how long it is (dockerode's own way to take them apart copies all it has at each chunk). A
 * chunk may end anywhere. Rejects when the stream breaks, and with NoFrame.
 */
export async function readLog(stream: AsyncIterable<Buffer>, isRaw: boolean, maxBytes: number): Promise<string> {
  let tail: Buffer[] = [];
  let bytes = 0;
  for await (const part of isRaw ? stream : framed(stream)) {
    tail.push(part);
    bytes += part.byteLength;
    if (bytes > 2 * maxBytes) {
      // One byte more: it tells whether a line ends there.
      tail = [Buffer.concat(tail).subarray(-maxBytes - 1)];
      bytes = maxBytes + 1;
    }
  }
  return newestLines(Buffer.concat(tail), maxBytes);
}

async function* framed(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let header = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of stream) {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (left > 0) {
        const part = rest.subarray(0, left);
        left -= part.byteLength;
        rest = rest.subarray(part.byteLength);
        yield part;
        continue;
      }
      const more = rest.subarray(0, headerBytes - header.byteLength);
      header = Buffer.concat([header, more]);
      rest = rest.subarray(more.byteLength);
      if (header.byteLength < headerBytes) continue;
      // Standard input, output or error, and three bytes that are always zero.
      if (header.readUInt32BE(0) & 0xfcffffff) throw new NoFrame('a frame of the log has no header');
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  }
}
