import { describe, expect, test } from 'vitest';
import { mysql } from '../mysql/mysql.ts';
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

test.each([postgres, mysql])(
  'a database of $kind that is elsewhere, and only dumped from a container, has no scratch place like that container',
  async (kind) => {
    const clients = { docker: new Map(), kubernetes: new Map() };
    const params = { container, database: 'orders', host: 'db.example.org' };
    const made = kind.scratch?.(
      params,
      clients,
      { folder: '/', drill: 'd_1', timeoutMs: 60_000 },
      new AbortController().signal,
    );
    await expect(made).rejects.toThrow(`its server is at db.example.org, and not in ${container}`);
  },
);
