import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { frame } from '../../test/fakes/docker-engine.ts';
import { NoFrame } from './docker-frames.ts';
import { readLog } from './docker-log.ts';

/** The bytes in chunks of that many. */
const inChunks = (bytes: Buffer, size: number): AsyncIterable<Buffer> =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );
const both = Buffer.concat([frame(1, 'one\n'), frame(2, 'zwei ü\n'), frame(1, ''), frame(1, 'thr'), frame(1, 'ee\n')]);

describe('the log of a container', () => {
  it.each([1, 3, 7, 8, 9, 1_000])('is taken out of its frames, in chunks of %i bytes', async (size) => {
    expect(await readLog(inChunks(both, size), false, 1_000)).toBe('one\nzwei ü\nthree\n');
  });

  it('with a terminal comes as it was written', async () => {
    expect(await readLog(inChunks(Buffer.from('one\nzwei ü\n'), 1), true, 1_000)).toBe('one\nzwei ü\n');
  });

  it('is its newest whole lines', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}\n`);
    const log = Buffer.concat(lines.map((line) => frame(1, line)));
    expect(await readLog(inChunks(log, 50), false, 18)).toBe('line 998\nline 999\n');
    expect(await readLog(inChunks(log, 50), false, 26)).toBe('line 998\nline 999\n');
    expect(await readLog(inChunks(log, 50), false, 5)).toBe('');
  });

  it('that is none is refused', async () => {
    await expect(readLog(inChunks(Buffer.from('HTTP/1.1 200 OK\r\n'), 4), false, 100)).rejects.toThrow(NoFrame);
  });
});
