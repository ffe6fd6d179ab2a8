import { describe, expect, test } from 'vitest';
import { postgres } from './postgres.ts';

const container = 'docker/edge-1/container/orders-db';
const takes = (database: string): boolean => postgres.params.safeParse({ container, database }).success;

describe('the database of a source', () => {
  test.each(['orders', 'Orders 2', 'bücher', 'a-b_c.d'])('may be called %j', (database) => {
    expect(takes(database)).toBe(true);
  });

  test.each(['', '-h', 'postgresql://u:secret@h/orders', 'dbname=orders password=secret', 'host=evil'])(
    'is not %j, which is more than a name',
    (database) => {
      expect(takes(database)).toBe(false);
    },
  );
});
