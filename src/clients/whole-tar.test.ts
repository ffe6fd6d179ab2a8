import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { tarEnd, tarEntry } from '../../test/harness/tar.ts';
import { NoTar, TarCutShort, wholeTar } from './whole-tar.ts';

const file = (path: string, size: number, fill = 'x') => tarEntry({ path, type: '0', body: Buffer.alloc(size, fill) });
/** `LENGTH size=N\n`, as pax has it. */
const pax = (...records: string[]) =>
  tarEntry({ path: 'PaxHeaders.0/big', type: 'x', body: Buffer.from(records.join('')) });
const entries = [
  tarEntry({ path: 'v/', type: '5' }),
  file('v/a', 1_300),
  file('v/empty', 0),
  tarEntry({ path: 'v/link', type: '2', link: 'a', size: 7 }),
  pax('19 path=v/somewhere\n', '13 size=600\n', '16 mtime=1.5678\n'),
  tarEntry({ path: '././@LongLink', type: 'L', body: Buffer.from('v/a-long-name') }),
  tarEntry({ path: 'v/big', type: '0', body: Buffer.alloc(600), size: 0 }),
  file('v/zeros', 5_000, '\0'),
];
const whole = Buffer.concat([...entries, tarEnd]);

async function read(bytes: Buffer, size: number): Promise<Buffer> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  const parts: Buffer[] = [];
  for await (const part of wholeTar(Readable.from(chunks))) parts.push(part);
  return Buffer.concat(parts);
}

describe('a tar', () => {
  it.each([1, 100, 511, 512, 513, 65_536])('that is whole passes as it is, in chunks of %i bytes', async (size) => {
    expect((await read(whole, size)).equals(whole)).toBe(true);
  });

  it('may have more after its end', async () => {
    const padded = Buffer.concat([whole, Buffer.alloc(8_192)]);
    expect((await read(padded, 700)).equals(padded)).toBe(true);
  });

  it('with a file of more than 8 GiB, told in binary, is no shorter for it', async () => {
    const header = tarEntry({ path: 'v/huge', type: '0' });
    header[124] = 0x80;
    header.writeBigUInt64BE(9n * 2n ** 30n, 128);
    let sum = 0;
    header.fill(' ', 148, 156);
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    // What looks like an end is in the file.
    await expect(read(Buffer.concat([header, tarEnd]), 512)).rejects.toThrow(TarCutShort);
  });

  it.each([
    ['nothing', 0],
    ['its first entry', 512],
    ['the middle of a header', 700],
    ['the middle of a file', 1_500],
    ['the header of a file', 1_024],
    ['all entries', whole.byteLength - 1_024],
    ['half its end', whole.byteLength - 512],
    ['all but a byte', whole.byteLength - 1],
  ])('that ends after %s is cut short', async (_what, bytes) => {
    await expect(read(whole.subarray(0, bytes), 700)).rejects.toThrow(TarCutShort);
  });

  it('that ends in a file of zeros is cut short, though zeros are the last that came', async () => {
    const cut = whole.subarray(0, whole.byteLength - 1_024 - 512);
    expect(cut.subarray(-1_024).every((byte) => byte === 0)).toBe(true);
    await expect(read(cut, 700)).rejects.toThrow(TarCutShort);
  });

  it.each([
    ['what an engine complains of at its end', Buffer.concat([...entries, Buffer.from('{"message":"no"}'.repeat(40))])],
    ['an entry after an empty block', Buffer.concat([...entries, Buffer.alloc(512), file('a', 1), tarEnd])],
    ['gzip', Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), Buffer.alloc(600, 7)])],
  ])('is not %s', async (_what, bytes) => {
    await expect(read(bytes, 700)).rejects.toThrow(NoTar);
  });
});
