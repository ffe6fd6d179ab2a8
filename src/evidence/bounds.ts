import type { Section } from '../domain/evidence.ts';

/** A section that may be longer than there is room for. */
export interface Piece extends Section {
  /** Lower ones come first, as they are shown. */
  readonly rank: number;
  /** The end of a log and of events tells most, of all else the beginning. */
  readonly keep: 'start' | 'end';
}

/**
 * The pieces in their order, none of them longer than `each`, all of them `all` bytes of UTF-8 at most with their titles.
 * Where that is too little, the longest ones give way first. What is cut is cut between lines, and a line says how many
 * were left out.
 */
export function bounded(pieces: readonly Piece[], limits: { readonly each: number; readonly all: number }): Section[] {
  const titles = pieces.reduce((sum, { title }) => sum + bytesOf(title), 0);
  const sizes = pieces.map(({ text }) => Math.min(limits.each, bytesOf(text)));
  const most = fairShare(sizes, Math.max(0, limits.all - titles));
  return pieces
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ title, text, keep }) => ({ title, text: cut(text, Math.min(limits.each, most), keep) }));
}

/** The most that each may have, so that together they have no more than `all`. */
function fairShare(sizes: readonly number[], all: number): number {
  let left = all;
  const sorted = sizes.toSorted((a, b) => a - b);
  for (const [index, size] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - index));
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}

const bytesOf = (text: string): number => Buffer.byteLength(text);
/** Room for the line that says what was cut. */
const noteBytes = 60;

function cut(text: string, most: number, keep: Piece['keep']): string {
  if (bytesOf(text) <= most) return text;
  const lines = text.split('\n');
  const inOrder = keep === 'start' ? lines : lines.toReversed();
  let left = most - noteBytes;
  const fits = inOrder.findIndex((line) => (left -= bytesOf(line) + 1) < 0);
  const kept = inOrder.slice(0, Math.max(0, fits));
  const out = lines.length - kept.length;
  const note = `[${out} ${out === 1 ? 'line' : 'lines'} ${keep === 'start' ? 'after' : 'before'} this left out: too long]`;
  return keep === 'start' ? [...kept, note].join('\n') : [note, ...kept.toReversed()].join('\n');
}
