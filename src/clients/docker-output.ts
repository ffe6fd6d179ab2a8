import { frameReader } from './docker-frames.ts';
import type { Look } from './handed-on.ts';
import type { KeptTail } from './kept-tail.ts';

/**
 * What a process writes to its standard output, in as many chunks as came, out of an engine's frames; of its errors the
 * tail. Throws NoFrame; an Error when the engine says in a frame that it failed, or the last frame is cut short.
 */
export async function* outputOf(chunks: AsyncIterable<Buffer>, stderr: KeptTail): AsyncGenerator<Buffer, void> {
  const look = outputLook(stderr);
  for await (const chunk of chunks) {
    const bytes = look.take(chunk);
    if (bytes.byteLength > 0) yield bytes;
  }
  look.end();
}

/** The same, for who has the chunks. */
export function outputLook(stderr: KeptTail): Look {
  const frames = frameReader();
  return {
    take(chunk) {
      const stdout: Buffer[] = [];
      for (const { of, bytes } of frames.take(chunk)) {
        if (of === 'engine') throw new Error(bytes.toString('utf8').trim());
        if (of === 'stderr') stderr.add(bytes);
        else stdout.push(bytes);
      }
      const [all] = stdout;
      // Else a copy: a few bytes of a chunk that was full of errors would hold on to all of it.
      if (all !== undefined && stdout.length === 1 && all.byteLength > chunk.byteLength / 2) return all;
      return Buffer.concat(stdout);
    },
    end() {
      if (!frames.isBetween()) throw new Error('its output ends in the middle of a frame');
    },
  };
}
