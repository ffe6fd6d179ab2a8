import { describe, expect, it } from 'vitest';
import { keptTail } from './kept-tail.ts';

describe('a tail', () => {
  it.each([1, 7, 1_000])('is the last bytes, added by %i at a time', (size) => {
    const tail = keptTail(10);
    const all = Buffer.from('0123456789'.repeat(10) + 'abc');
    for (let at = 0; at < all.byteLength; at += size) tail.add(all.subarray(at, at + size));
    expect([tail.text(), tail.text()]).toEqual(['3456789abc', '3456789abc']);
    tail.add(Buffer.from('d'));
    expect(String(tail.bytes())).toBe('456789abcd');
  });

  it('is all of it when there is not more', () => {
    const tail = keptTail(10);
    expect(tail.text()).toBe('');
    tail.add(Buffer.from('ü'));
    expect(tail.text()).toBe('ü');
  });

  it('as text begins with a whole character', () => {
    const tail = keptTail(4);
    tail.add(Buffer.from('aü€b'));
    expect(tail.text()).toBe('€b');
    const cut = keptTail(3);
    cut.add(Buffer.from('€ab'));
    expect(cut.text()).toBe('ab');
  });

  it('holds on to no more than it tells', () => {
    const tail = keptTail(10);
    const chunk = Buffer.alloc(1_024, 'a');
    tail.add(chunk.subarray(0, 4));
    chunk.fill('b');
    expect(tail.text()).toBe('aaaa');
  });
});
