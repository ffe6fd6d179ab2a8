import { frameReader } from './docker-frames.ts';
import { keptTail } from './kept-tail.ts';
import { newestLines } from './newest-lines.ts';

/**
 * The newest lines of what an engine sends of a log, `maxBytes` at most; no more than twice as much is held at any time.
 * `isRaw`: the container has a terminal, so its log comes as it was written; else in frames, of both streams. A chunk may
 * end anywhere. Rejects when the stream breaks, and with NoFrame.
 */
export async function readLog(stream: AsyncIterable<Buffer>, isRaw: boolean, maxBytes: number): Promise<string> {
  const frames = frameReader();
  // One byte more: it tells whether a line ends there.
  const tail = keptTail(maxBytes + 1);
  for await (const chunk of stream) {
    if (isRaw) tail.add(chunk);
    else for (const { bytes } of frames.take(chunk)) tail.add(bytes);
  }
  return newestLines(tail.bytes(), maxBytes);
}
