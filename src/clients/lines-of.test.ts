import { expect, it } from 'vitest';
import { linesOf, LineTooLong } from './lines-of.ts';

async function* streamOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  yield* chunks;
}
async function read(chunks: readonly Buffer[], mostBytes = 1_000): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(streamOf(chunks), mostBytes)) lines.push(line);
  return lines;
}
const text = 'ä\n€uro\n\n😀 and more\n';
const lines = ['ä', '€uro', '', '😀 and more'];

it('gives the same lines wherever the chunks end', async () => {
  const bytes = Buffer.from(text);
  expect(await read([bytes])).toEqual(lines);
  expect(await read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(lines);
  for (let at = 0; at <= bytes.length; at += 1)
    expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(lines);
});

it('drops half a line at the end', async () => {
  expect(await read([Buffer.from('whole\nha'), Buffer.from('lf')])).toEqual(['whole']);
});

it('takes a line up to the bound, and no longer one, whether it ends or not', async () => {
  const long = Buffer.alloc(10, 'x');
  const end = Buffer.from('\n');
  expect(await read([long, end, long, end], 10)).toEqual(['xxxxxxxxxx', 'xxxxxxxxxx']);
  await expect(read([long, Buffer.from('x\n')], 10)).rejects.toThrow(LineTooLong);
  await expect(read([Buffer.from('a\n'), long, Buffer.from('x')], 10)).rejects.toThrow('more than 10 bytes');
});
