import { describe, expect, test } from 'vitest';
import { eachLine } from './each-line.ts';

async function linesOf(chunks: readonly string[], longest?: number): Promise<{ bytes: number; lines: string[] }> {
  const lines: string[] = [];
  const content = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  })();
  const bytes = await eachLine(content, (line) => lines.push(line.toString()), longest);
  return { bytes, lines };
}

describe('the lines of a stream', () => {
  test('end at newlines, wherever the chunks end', async () => {
    const whole = 'one\n\ntwo and a half\nthree\n';
    for (let cut = 0; cut <= whole.length; cut += 1)
      expect(await linesOf([whole.slice(0, cut), whole.slice(cut)])).toEqual({
        bytes: whole.length,
        lines: ['one', '', 'two and a half', 'three'],
      });
  });

  test('may come letter by letter', async () => {
    expect((await linesOf(['a', 'b', '\n', 'c', 'd'])).lines).toEqual(['ab', 'cd']);
  });

  test('may lack the last newline', async () => {
    expect((await linesOf(['a\nb'])).lines).toEqual(['a', 'b']);
  });

  test('are cut where they are very long, and the next one is whole again', async () => {
    const { lines, bytes } = await linesOf(['x'.repeat(10), 'y'.repeat(10), 'z\nnext\n'], 15);
    expect(lines).toEqual([`${'x'.repeat(10)}${'y'.repeat(10)}`, 'next']);
    expect(bytes).toBe(27);
  });

  test('are none where there is nothing', async () => {
    expect(await linesOf([])).toEqual({ bytes: 0, lines: [] });
  });
});
