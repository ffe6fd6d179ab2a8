import { expect, test } from 'vitest';
import { atLeastShape, sameShape } from './same-shape.ts';

const shape = { bytes: 9_000, counts: { tables: 3, rows: 70 } };

test('as much is all there, whatever its bytes', () => {
  expect(sameShape(shape, { ...shape, bytes: 9_001 })).toEqual({ ok: true, reason: 'all there: 3 tables, 70 rows' });
});

test.each([
  [{ tables: 3, rows: 69 }, '69 rows of 70'],
  [{ tables: 3, rows: 71 }, '71 rows of 70'],
  [{ tables: 2 }, '2 tables of 3, 0 rows of 70'],
])('%j is not', (counts, why) => {
  expect(sameShape(shape, { bytes: 9_000, counts })).toEqual({ ok: false, reason: `it is not all there: ${why}` });
});

test('what is not counted is compared by its bytes', () => {
  expect(sameShape({ bytes: 5, counts: {} }, { bytes: 5, counts: {} })).toMatchObject({ ok: true });
  expect(sameShape({ bytes: 5, counts: {} }, { bytes: 4, counts: {} })).toEqual({
    ok: false,
    reason: 'it is not all there: 4 bytes of 5',
  });
});

test('what is brought back beside what came since is all there when no less is', () => {
  const more = { bytes: 1, counts: { tables: 4, rows: 70 } };
  expect(atLeastShape(shape, more)).toEqual({ ok: true, reason: 'all there: 4 tables, 70 rows' });
  expect(atLeastShape(shape, { bytes: 1, counts: { tables: 4, rows: 69 } })).toMatchObject({ ok: false });
});
