import { describe, expect, test } from 'vitest';
import { examineDump, isComplete } from './dump.ts';

const head = '--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n';
const table = 'CREATE TABLE public.orders (\n    id integer\n);\n';
const rows = 'COPY public.orders (id, note) FROM stdin;\n1\tone\n2\tCREATE TABLE x\n3\t\\\\.\n\\.\n';
const end = '\n--\n-- PostgreSQL database dump complete\n--\n\n';
const whole = head + table + rows + end;

const examine = (text: string) =>
  examineDump(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );

describe('a dump of PostgreSQL', () => {
  test('is counted by its tables and rows', async () => {
    expect(await examine(whole)).toEqual({ shape: { bytes: whole.length, counts: { tables: 1, rows: 3 } } });
  });

  test('that was cut anywhere before its last word is refused', async () => {
    for (let length = 0; length < whole.indexOf('dump complete') + 'dump complete'.length; length += 1)
      expect(await examine(whole.slice(0, length)), whole.slice(0, length)).toHaveProperty('refused');
  });

  test('with zeroes in place of its last hundredth is refused', async () => {
    const zeroed = Buffer.from(whole).fill(0, whole.length - Math.ceil(whole.length / 100));
    expect(await examine(zeroed.toString())).toHaveProperty('refused');
  });

  test('in the middle of a table says so', async () => {
    expect(await examine(head + table + rows.slice(0, -3) + end)).toEqual({
      refused: 'the dump ends in the middle of a table',
    });
  });

  test('of a whole server has an end of its own', () => {
    expect(isComplete(Buffer.from('--\n-- PostgreSQL database cluster dump complete\n--\n'))).toBe(true);
  });

  test('of newer versions closes what it has opened', () => {
    expect(isComplete(Buffer.from(`${end}\\unrestrict AbC123\n\n`))).toBe(true);
  });

  test('with something after its end is none', () => {
    expect(isComplete(Buffer.from(`${end}pg_dump: error: connection lost\n`))).toBe(false);
    expect(isComplete(Buffer.alloc(0))).toBe(false);
  });
});
