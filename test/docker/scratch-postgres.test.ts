import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgres } from '../../src/backups/sources/postgres/postgres.ts';
import { type DatabaseScene, databaseScene, noTraces } from '../harness/database-scene.ts';
import type { TestContainer } from '../harness/containers.ts';

let scene: DatabaseScene;
let db: TestContainer;
let params: unknown;
beforeEach(async () => {
  scene = await databaseScene();
  db = await scene.server('postgres', 'db', {
    env: { POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'app', POSTGRES_DB: 'orders' },
  });
  await sql(fill);
  params = { container: scene.key(db), database: 'orders', user: 'app' };
});
afterEach(() => scene.remove());

const sql = (text: string): Promise<string> =>
  scene.said(
    db,
    ['psql', '--username=app', '--dbname=orders', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'],
    text,
  );
const fill = `
  CREATE ROLE clerk;
  CREATE TABLE orders (id int PRIMARY KEY, what text);
  INSERT INTO orders SELECT n, repeat(md5(n::text), 3) FROM generate_series(1, 20000) n;
  CREATE TABLE people (name text) ;
  ALTER TABLE people OWNER TO clerk;
  INSERT INTO people VALUES ('Ada'), ('a\\\\b');
  CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $$
BEGIN
DELETE FROM people;
COMMIT;
END $$;
  SELECT lo_from_bytea(4711, 'a large object');
  SELECT lo_from_bytea(4712, 'another one');
`;
const sums = `
  SELECT md5(string_agg(id || what, ',' ORDER BY id)) FROM orders;
  SELECT md5(string_agg(name, ',' ORDER BY name)) FROM people;
  SELECT loid, md5(data) FROM pg_largeobject ORDER BY loid;
  SELECT md5(prosrc) FROM pg_proc WHERE proname = 'tidy';
`;

describe('a database of PostgreSQL', () => {
  it('that was lost is as it was, large objects and all', async () => {
    const [before, content] = [await sql(sums), await scene.backup(postgres, params)];
    expect(content.shape.counts).toEqual({ tables: 2, rows: 20_002 });
    await sql('DROP TABLE orders; TRUNCATE people; SELECT lo_unlink(4711); DROP PROCEDURE tidy;');
    expect(await postgres.restore?.(content, params, scene.clients, scene.signal)).toEqual({
      ok: true,
      reason: `psql in ${db.name} has taken all of it`,
    });
    expect(await sql(sums)).toBe(before);
    const drop = '--command=DROP DATABASE orders WITH (FORCE)';
    await scene.said(db, ['psql', '--username=app', '--dbname=template1', drop]);
    expect(await postgres.makePlace?.(params, scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await postgres.restore?.(content, params, scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await sql(sums)).toBe(before);
  });

  it('stays as it is when what is brought back breaks off, wherever that is', async () => {
    const content = await scene.backup(postgres, params);
    await sql("UPDATE orders SET what = 'newer'; DELETE FROM people; SELECT lo_put(4711, 0, 'newer');");
    const before = await sql(sums);
    const objects = content.bytes.indexOf('lo_open');
    const end = content.bytes.indexOf('-- PostgreSQL database dump complete');
    for (const at of [10_000, 700_000, objects + 200, end - 10, end + 60, content.bytes.byteLength]) {
      const restored = postgres.restore?.(content.brokenAt(at), params, scene.clients, scene.signal);
      await expect(restored, `after ${at} bytes`).rejects.toThrow(/the connection was reset/);
      expect(await sql(sums), `after ${at} bytes`).toBe(before);
    }
    // One that ends as if it were whole.
    const cut = { ...content, read: async () => Readable.from([content.bytes.subarray(0, objects + 200)]) };
    await expect(postgres.restore?.(cut, params, scene.clients, scene.signal)).rejects.toThrow(
      /does not end as a whole one/,
    );
    expect(await sql(sums)).toBe(before);
  });

  it('fits where there is none of that name, which is made, and not at a server that is older than its dump', async () => {
    const fits = (head: string, more = {}) =>
      postgres.fits?.(async () => head, { ...Object(params), ...more }, scene.clients, scene.signal);
    const head = (await scene.backup(postgres, params)).bytes.toString('utf8', 0, 1_000);
    expect(await fits(head)).toMatchObject({ ok: true });
    expect(await fits(head.replace(/(database version )\d+/, '$199'))).toEqual({
      ok: false,
      reason: expect.stringMatching(/^the dump is of PostgreSQL 99\S* .*, and \S+ has .*older.*; nothing was touched$/),
    });
    const gone = { database: 'invoices' };
    expect(await fits(head, gone)).toEqual({
      ok: true,
      reason: expect.stringMatching(/^\S+ has no database invoices: CREATE DATABASE "invoices" TEMPLATE template0$/),
      isLacking: true,
    });
    expect(await fits(head.replace(/(database version )\d+/, '$199'), gone)).toMatchObject({ ok: false });
    expect(await fits(head, { ...gone, user: 'nobody' })).toEqual({
      ok: false,
      reason: expect.stringMatching(/^psql in \S+ ended .*"nobody" does not exist; nothing was touched$/s),
    });
    const there = { ...Object(params), database: 'in "voices"' };
    for (let twice = 0; twice < 2; twice += 1)
      expect(await postgres.makePlace?.(there, scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await fits(head, there)).toMatchObject({ ok: true });
  });

  it('does not fit where its server is a replica', async () => {
    const head = async (): Promise<string> => '';
    expect(await postgres.fits?.(head, params, scene.clients, scene.signal)).toMatchObject({ ok: true });
    await scene.said(db, ['sh', '-c', 'touch "$PGDATA/standby.signal"']);
    await scene.containers.docker.getContainer(db.id).restart();
    await expect.poll(() => sql('SELECT 1').catch(() => ''), { timeout: 20_000 }).toBe('1\n');
    expect(await postgres.fits?.(head, params, scene.clients, scene.signal)).toEqual({
      ok: false,
      reason: `the PostgreSQL in ${db.name} is a replica, which takes no writes: restore the one that it follows; nothing was touched`,
    });
  });

  it('stays as it is when a statement fails', async () => {
    const content = await scene.backup(postgres, params);
    await sql("UPDATE orders SET what = 'newer'; CREATE VIEW newest AS SELECT * FROM orders;");
    const before = await sql(sums);
    expect(await postgres.restore?.(content, params, scene.clients, scene.signal)).toEqual({
      ok: false,
      reason: expect.stringMatching(/^psql in \S+ ended with exit code 3: .*cannot drop table (public\.)?orders/s),
    });
    expect(await sql(sums)).toBe(before);
  });

  it('stays as it is when somebody uses a table for long, who is named', async () => {
    const content = await scene.backup(postgres, params);
    await sql("UPDATE orders SET what = 'newer'");
    const before = await sql(sums);
    const query = 'BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE; SELECT pg_sleep(600)';
    const over = new AbortController();
    const argv = ['psql', '--username=app', '--dbname=orders', `--command=${query}`] as const;
    const held = await scene.docker.execOut(db.id, { argv }, { signal: over.signal, silentMs: 600_000 });
    held.stdout.on('error', () => undefined).resume();
    await expect.poll(() => sql("SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass")).toBe('1\n');
    expect(await postgres.restore?.(content, params, scene.clients, scene.signal)).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /^psql in \S+ ended with .* lock timeout; it waited for 30 s for a table that somebody uses: app as psql \(pid \d+, active\); what was there is as it was: /,
      ),
    });
    over.abort();
    expect(await sql(sums)).toBe(before);
  });

  it('has a place of its own when its server is there, not when the one is by which it is made', async () => {
    const init = mkdtempSync(join(tmpdir(), 'paramedic-init-'));
    chmodSync(init, 0o755);
    writeFileSync(join(init, 'slow.sh'), 'sleep 2\n');
    const env = { POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'app', POSTGRES_DB: 'orders' };
    const slow = await scene.server('postgres', 'slow', { env, binds: [`${init}:/docker-entrypoint-initdb.d:ro`] });
    const place = await scene.scratch(postgres, { container: scene.key(slow), database: 'orders', user: 'app' });
    rmSync(init, { recursive: true });
    const command = ['pg_isready', '--host=127.0.0.1'] as const;
    expect(await place.run({ command }, scene.signal)).toMatchObject({ exitCode: 0 });
  });

  it('is brought back to a place of its own, asked there, and nothing is left of that', async () => {
    const content = await scene.backup(postgres, params);
    const before = await sql(sums);
    const traces = await scene.traces(db, async () => {
      const place = await scene.scratch(postgres, params);
      expect(await place.fill(content, scene.signal)).toMatchObject({ ok: true });
      expect(await place.look(scene.signal)).toEqual({ shape: { ...content.shape, bytes: expect.any(Number) } });
      const ask = (query: string) => place.run({ query }, scene.signal);
      expect(await ask('SELECT count(*) FROM orders')).toMatchObject({ exitCode: 0, stdout: '20000\n' });
      expect((await ask(sums.replaceAll('\n', ' '))).stdout).toBe(before);
      expect(await ask('SELECT count(*) FROM invoices')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('does not exist'),
      });
      expect(
        await place.run({ command: ['sh', '-c', 'cat /proc/net/dev | wc -l; exit 3'] }, scene.signal),
      ).toMatchObject({ exitCode: 3, stdout: '3\n' });
      // It is a place of its own.
      await ask('DROP TABLE orders');
      expect(await sql(sums)).toBe(before);
      await place.remove();
      await place.remove();
    });
    expect(traces).toEqual(noTraces);
  });
});
