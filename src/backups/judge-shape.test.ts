import { describe, expect, test } from 'vitest';
import type { Shape } from '../domain/recovery-point.ts';
import { comparedWith, judgeShape } from './judge-shape.ts';

const shape = (bytes: number, counts: Shape['counts'] = {}): Shape => ({ bytes, counts });

describe('a recovery point is compared with those before it:', () => {
  test('the first one has nothing to be compared with', () => {
    expect(judgeShape(shape(1), [])).toEqual({
      ok: true,
      reason: 'it is the first one, and there is nothing to compare it with',
    });
  });

  test('of what shrinks by itself only that is looked at which is named, and only the part that is said is too little', () => {
    const shrinks = { compared: ['keys'], tooLittle: 10 };
    expect(judgeShape(shape(1, { files: 0, keys: 5 }), [], { ...shrinks })).toMatchObject({ ok: true });
    expect(judgeShape(shape(1, { files: 0 }), [], { compared: ['files'], tooLittle: 10 })).toMatchObject({ ok: false });
    const before = [shape(1000, { files: 9, keys: 100 })];
    expect(judgeShape(shape(1, { files: 0, keys: 11 }), before, shrinks)).toMatchObject({ ok: true });
    expect(judgeShape(shape(1, { files: 0, keys: 10 }), before, shrinks)).toMatchObject({ ok: false });
  });

  test('more than half of the bytes is believed, half is not', () => {
    const before = [shape(1000), shape(1000), shape(1000)];
    expect(judgeShape(shape(501), before)).toMatchObject({ ok: true });
    expect(judgeShape(shape(500), before)).toEqual({
      ok: false,
      reason: 'it has 500 bytes, and the last 3 had 1000 in the median: half of it or less',
    });
  });

  test('what is counted counts as well as the bytes', () => {
    expect(judgeShape(shape(1000, { tables: 4, rows: 10 }), [shape(1000, { tables: 12, rows: 10 })])).toEqual({
      ok: false,
      reason: 'it has 4 tables, and the last 1 had 12 in the median: half of it or less',
    });
  });

  test('something that is not counted any more is none of it', () => {
    expect(judgeShape(shape(1000), [shape(1000, { rows: 3 })])).toMatchObject({ ok: false });
  });

  test('one that was much larger once is no measure', () => {
    expect(judgeShape(shape(90), [shape(100), shape(10_000), shape(100)])).toMatchObject({ ok: true });
  });

  test('of two the smaller one is the measure', () => {
    expect(judgeShape(shape(100), [shape(300), shape(150)])).toMatchObject({ ok: true });
  });

  test(`the last ${comparedWith} are the measure`, () => {
    const now = Array.from({ length: comparedWith }, () => shape(10));
    const long = Array.from({ length: 30 }, () => shape(1000));
    expect(judgeShape(shape(10), [...now, ...long])).toMatchObject({ ok: true });
  });

  test.each([
    [shape(0), 'bytes'],
    [shape(512, { files: 0, directories: 1 }), 'files'],
    [shape(900, { tables: 0, rows: 0 }), 'tables'],
  ])('the first one holds something: %j', (now, none) => {
    expect(judgeShape(now, [])).toEqual({ ok: false, reason: `it is the first one, and has no ${none}` });
  });

  test('growth is no reason to doubt', () => {
    expect(judgeShape(shape(1_000_000, { rows: 9 }), [shape(10, { rows: 1 })])).toMatchObject({ ok: true });
  });
});
