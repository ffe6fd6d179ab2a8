import { describe, expect, it } from 'vitest';
import { bounded, type Piece } from './bounds.ts';

const piece = (rank: number, lines: number, keep: Piece['keep'] = 'end', title = ''): Piece => ({
  rank,
  title,
  keep,
  text: Array.from({ length: lines }, (_, index) => `line ${String(index).padStart(4, '0')}`).join('\n'),
});
const bytes = (sections: ReturnType<typeof bounded>): number =>
  sections.reduce((sum, { title, text }) => sum + Buffer.byteLength(title) + Buffer.byteLength(text), 0);

describe('what is kept', () => {
  it('is all of it while there is room, in the order of its ranks', () => {
    const sections = bounded([piece(2, 3), piece(1, 2)], { each: 1_000, all: 1_000 });
    expect(sections.map(({ text }) => text.split('\n').length)).toEqual([2, 3]);
  });

  it('is the end of a log and the beginning of all else, cut between lines, with a line that says so', () => {
    const [log, full] = bounded([piece(1, 100, 'end'), piece(2, 100, 'start')], { each: 100, all: 10_000 });
    expect(log?.text).toBe('[96 lines before this left out: too long]\nline 0096\nline 0097\nline 0098\nline 0099');
    expect(full?.text).toBe('line 0000\nline 0001\nline 0002\nline 0003\n[96 lines after this left out: too long]');
  });

  it('is never more than all may be, and the long ones give way before the short', () => {
    const pieces = [piece(1, 1_000, 'end', 'a'), piece(2, 5, 'end', 'b'), piece(3, 1_000, 'end', 'c')];
    const sections = bounded(pieces, { each: 65_536, all: 2_000 });
    expect(bytes(sections)).toBeLessThanOrEqual(2_000);
    expect(sections[1]?.text.split('\n')).toHaveLength(5);
    expect(sections[0]?.text.length).toBe(sections[2]?.text.length);
    expect(sections[0]?.text.length).toBeGreaterThan(900);
  });

  it('is counted in bytes, and a line that is too long alone is left out whole', () => {
    const wide: Piece = { rank: 1, title: '', keep: 'end', text: 'ü'.repeat(600) };
    expect(bounded([wide], { each: 1_000, all: 1_000 })[0]?.text).toBe('[1 line before this left out: too long]');
    expect(bounded([wide], { each: 1_200, all: 1_200 })[0]?.text).toBe(wide.text);
  });
});
