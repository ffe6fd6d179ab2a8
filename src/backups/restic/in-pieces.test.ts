import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inPieces } from './in-pieces.ts';

const kilobyte = 1024;
const piece = 256 * kilobyte;

/** Takes what is written to it when it is told to, copied as it is then. */
function taker() {
  const taken: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const to = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      waiting.push(() => {
        taken.push(Buffer.from(chunk));
        done();
      });
    },
  });
  const take = async (): Promise<void> => {
    waiting.shift()?.();
    await new Promise(setImmediate);
  };
  const takeAll = async (): Promise<void> => {
    while (waiting.length > 0) await take();
  };
  return { to, taken, take, takeAll, bytes: () => Buffer.concat(taken) };
}

describe('what is written in pieces', () => {
  it.each([100, 5_000, 64 * kilobyte, 300 * kilobyte, 3 * piece])(
    'comes as it went in, in chunks of %i bytes whose memory is used again',
    async (size) => {
      const { to, bytes, takeAll } = taker();
      const pieces = inPieces(to, () => undefined);
      const whole = randomBytes(2_000_000);
      const chunk = Buffer.alloc(size);
      for (let at = 0; at < whole.byteLength; at += size) {
        const copied = whole.copy(chunk, 0, at, at + size);
        pieces.add(chunk.subarray(0, copied));
        chunk.fill(0);
        if (at % (7 * size) === 0) await takeAll();
      }
      pieces.flush();
      await takeAll();
      expect(bytes().equals(whole)).toBe(true);
    },
  );

  it('is written at once when nothing else is on its way, and together when there is', async () => {
    const { to, taken, take, takeAll } = taker();
    const pieces = inPieces(to, () => undefined);
    for (const text of ['a', 'b', 'c']) pieces.add(Buffer.from(text));
    await take();
    expect(taken.map(String)).toEqual(['a']);
    await takeAll();
    expect(taken.map(String)).toEqual(['a', 'bc']);
  });

  it('is held back when flush is not called, and there is room again when a piece was taken', async () => {
    const { to, take, takeAll, bytes } = taker();
    let told = 0;
    const pieces = inPieces(to, () => (told += 1));
    let added = 0;
    for (; !pieces.isFull(); added += 1) pieces.add(Buffer.alloc(piece, added));
    expect([added, told]).toEqual([16, 0]);
    await take();
    expect([pieces.isFull(), told]).toEqual([false, 1]);
    await takeAll();
    expect(bytes().byteLength).toBe(added * piece);
  });
});
