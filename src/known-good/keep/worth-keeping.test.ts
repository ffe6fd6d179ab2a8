import { expect, it } from 'vitest';
import type { KnownGood } from '../../domain/known-good.ts';
import { worthKeeping } from './worth-keeping.ts';

const good = (id: string, seenAt: number, healthMs: number, more: Partial<KnownGood> = {}): KnownGood => ({
  id,
  seenAt,
  healthMs,
  stampedAt: 0,
  objects: {},
  nodes: {},
  ...more,
});
const kept = (all: readonly KnownGood[]) => worthKeeping(all, 3, 100).map(({ id }) => id);

it('newest first, all while there is room', () => {
  expect(kept([good('a', 1, 5), good('b', 2, 5)])).toEqual(['b', 'a']);
});

it('the one with the least time in health goes', () => {
  expect(kept([good('a', 1, 9), good('b', 2, 5), good('c', 3, 7), good('d', 4, 1)])).toEqual(['d', 'c', 'a']);
});

it('the newest proven one stays, though others had more health', () => {
  const all = [good('a', 1, 900), good('b', 2, 800), good('c', 3, 101), good('d', 4, 1)];
  expect(kept(all)).toEqual(['d', 'c', 'a']);
  const failed = all.map((one) => (one.id === 'c' ? { ...one, demotedAt: 5 } : one));
  expect(kept(failed)).toEqual(['d', 'b', 'a']);
});
