import { describe, expect, it } from 'vitest';
import { frame } from '../../test/fakes/docker-engine.ts';
import { frameReader, NoFrame } from './docker-frames.ts';

const both = Buffer.concat([frame(1, 'one\n'), frame(2, 'zwei ü\n'), frame(1, ''), frame(1, 'thr'), frame(2, 'vier')]);

/** What is in the bytes, in chunks of that many. */
function taken(bytes: Buffer, size: number) {
  const frames = frameReader();
  const said = { stdout: '', stderr: '', engine: '' };
  for (let at = 0; at < bytes.byteLength; at += size) {
    for (const part of frames.take(bytes.subarray(at, at + size))) said[part.of] += part.bytes.toString('latin1');
  }
  return { ...said, isBetween: frames.isBetween() };
}
const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');

describe('frames', () => {
  it.each([1, 3, 7, 8, 9, 13, 1_000])('are taken apart in chunks of %i bytes', (size) => {
    const { stdout, stderr, isBetween } = taken(both, size);
    expect([stdout, utf8(stderr), isBetween]).toEqual(['one\nthr', 'zwei ü\nvier', true]);
  });

  it('may be of the engine itself', () => {
    const [said] = frameReader().take(Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 2]), Buffer.from('no')]));
    expect([said?.of, String(said?.bytes)]).toEqual(['engine', 'no']);
  });

  it.each([
    ['half a header', frame(1, '').subarray(0, 4)],
    ['a header without a body', frame(1, 'one').subarray(0, 8)],
    ['half a body', frame(1, 'one').subarray(0, 10)],
  ])('are not over with %s', (_what, bytes) => {
    expect(taken(Buffer.concat([both, bytes]), 5).isBetween).toBe(false);
  });

  it.each([
    ['text', Buffer.from('exec failed: no such file')],
    ['zeros', Buffer.alloc(64)],
    ['a stream that does not exist', Buffer.from([4, 0, 0, 0, 0, 0, 0, 1, 65])],
    ['a header that is nearly one', Buffer.from([1, 0, 0, 1, 0, 0, 0, 1, 65])],
  ])('are not found in %s', (_what, bytes) => {
    expect(() => taken(bytes, 3)).toThrow(NoFrame);
  });
});
