import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mysql } from '../../src/backups/sources/mysql/mysql.ts';
import { type DatabaseScene, databaseScene, noTraces } from '../harness/database-scene.ts';
import type { TestContainer } from '../harness/containers.ts';

let scene: DatabaseScene;
let folder: string;
let db: TestContainer;
let params: unknown;
beforeEach(async () => {
  scene = await databaseScene();
  // A folder of the host in which there is more than one file, and one file that is mounted alone.
  folder = mkdtempSync(join(tmpdir(), 'paramedic-mysql-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'client.cnf'), '[client]\npassword=secret\n', { mode: 0o644 });
  db = await scene.server('mariadb', 'db', {
    env: { MYSQL_ROOT_PASSWORD: 'secret', MYSQL_DATABASE: 'orders' },
    binds: [`${join(folder, 'client.cnf')}:/run/secrets/client.cnf:ro`],
  });
  await sql(fill);
  params = { container: scene.key(db), database: 'orders', defaults_file: '/run/secrets/client.cnf' };
});
afterEach(async () => {
  await scene.remove();
  rmSync(folder, { recursive: true });
});

const sql = (text: string): Promise<string> =>
  scene.said(
    db,
    [
      'mysql',
      '--defaults-extra-file=/run/secrets/client.cnf',
      '--user=root',
      '--batch',
      '--skip-column-names',
      'orders',
    ],
    text,
  );
const fill = `
  CREATE TABLE orders (id int PRIMARY KEY, what varchar(200), raw blob);
  INSERT INTO orders SELECT seq, REPEAT(MD5(seq), 3), UNHEX(MD5(seq)) FROM seq_1_to_5000;
  CREATE TABLE people (name varchar(20) CHARACTER SET utf8mb4);
  INSERT INTO people VALUES ('Ada'), ('Grüße'), ('a\\'b\\n');
  CREATE USER 'clerk@shop'@'10.%' IDENTIFIED BY 'x'; GRANT ALL ON orders.* TO 'clerk@shop'@'10.%';
  CREATE DEFINER='clerk@shop'@'10.%' VIEW long_orders AS SELECT id FROM orders WHERE id > 100;
  CREATE PROCEDURE tidy() DELETE FROM people;
  CREATE TRIGGER upper BEFORE INSERT ON people FOR EACH ROW SET NEW.name = UPPER(NEW.name);
`;
const sums = `
  SELECT MD5(GROUP_CONCAT(id, what, HEX(raw) ORDER BY id)) FROM orders;
  SELECT MD5(GROUP_CONCAT(name ORDER BY name)) FROM people;
  SELECT COUNT(*) FROM long_orders;
  SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'orders';
  SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'orders';
`;

describe('a database of MariaDB', () => {
  it('fits where there is none of that name, which is made, and not at a server that is older than its dump', async () => {
    const fits = (head: string, more = {}) =>
      mysql.fits?.(async () => head, { ...Object(params), ...more }, scene.clients, scene.signal);
    const head = (await scene.backup(mysql, params)).bytes.toString('utf8', 0, 1_000);
    expect(await fits(head)).toEqual({ ok: true, reason: expect.stringMatching(/ has MariaDB 1\d\./) });
    expect(await fits(head.replace(/(Server version\s+)\d+/, '$199'))).toEqual({
      ok: false,
      reason: expect.stringMatching(/^the dump is of MariaDB 99\S*, and \S+ has .*older.*; nothing was touched$/),
    });
    const gone = { database: 'invoices' };
    expect(await fits(head, gone)).toEqual({
      ok: true,
      reason: expect.stringMatching(/^\S+ has no database invoices: CREATE DATABASE IF NOT EXISTS `invoices`$/),
      isLacking: true,
    });
    expect(await fits(head.replace(/(Server version\s+)\d+/, '$199'), gone)).toMatchObject({ ok: false });
    const there = { ...Object(params), database: 'in `voices`' };
    for (let twice = 0; twice < 2; twice += 1)
      expect(await mysql.makePlace?.(there, scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await fits(head, there)).toMatchObject({ ok: true });
  });

  it('does not fit where its server is a replica, also one that stands still', async () => {
    const head = async (): Promise<string> => '';
    expect(await mysql.fits?.(head, params, scene.clients, scene.signal)).toMatchObject({ ok: true });
    await sql("CHANGE MASTER TO MASTER_HOST='127.0.0.9', MASTER_USER='x'");
    expect(await mysql.fits?.(head, params, scene.clients, scene.signal)).toEqual({
      ok: false,
      reason: `the server in ${db.name} is a replica: restore the one that it follows; nothing was touched`,
    });
  });

  it('that was lost is as it was', async () => {
    const [before, content] = [await sql(sums), await scene.backup(mysql, params)];
    expect(content.shape.counts).toMatchObject({ tables: 2 });
    await sql('DROP TABLE orders; DELETE FROM people; DROP VIEW long_orders; DROP PROCEDURE tidy;');
    expect(await mysql.restore?.(content, params, scene.clients, scene.signal)).toEqual({
      ok: true,
      reason: `mysql in ${db.name} has taken all of it`,
    });
    expect(await sql(sums)).toBe(before);
    await sql('DROP DATABASE orders');
    expect(await mysql.makePlace?.(params, scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await mysql.restore?.(content, params, scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await sql(sums)).toBe(before);
  });

  it('of which half came back says so', async () => {
    const content = await scene.backup(mysql, params);
    const restored = mysql.restore?.(content.brokenAt(300_000), params, scene.clients, scene.signal);
    await expect(restored).rejects.toThrow(/the connection was reset; each table is in place as soon as it is made/);
  });

  it('has a place of its own when its server is there, not when the one is by which it is made', async () => {
    const init = join(folder, 'init');
    mkdirSync(init);
    writeFileSync(join(init, 'slow.sh'), 'sleep 2\n');
    const env = { MYSQL_ROOT_PASSWORD: 'secret', MYSQL_DATABASE: 'orders' };
    const binds = [`${init}:/docker-entrypoint-initdb.d:ro`, `${folder}/client.cnf:/run/secrets/client.cnf:ro`];
    const slow = await scene.server('mariadb', 'slow', { env, binds });
    const place = await scene.scratch(mysql, { ...(params as object), container: scene.key(slow) });
    const command = [
      'mysql',
      '--defaults-extra-file=/run/secrets/client.cnf',
      '--protocol=tcp',
      '--host=127.0.0.1',
    ] as const;
    expect(await place.run({ command: [...command, '--execute=SELECT 1'] }, scene.signal)).toMatchObject({
      exitCode: 0,
    });
  });

  it('is brought back to a place of its own, asked there, and nothing is left of that', async () => {
    const content = await scene.backup(mysql, params);
    const before = await sql(sums);
    const traces = await scene.traces(db, async () => {
      const place = await scene.scratch(mysql, params);
      expect(await place.fill(content, scene.signal)).toMatchObject({ ok: true });
      expect(await place.look(scene.signal)).toEqual({ shape: { ...content.shape, bytes: expect.any(Number) } });
      const ask = (query: string) => place.run({ query }, scene.signal);
      expect(await ask('SELECT COUNT(*) FROM orders')).toMatchObject({ exitCode: 0, stdout: '5000\n' });
      expect((await ask(sums)).stdout).toBe(before);
      expect(await ask('SELECT COUNT(*) FROM invoices')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("doesn't exist"),
      });
      expect(await place.run({ command: ['sh', '-c', 'cat /proc/net/dev | wc -l'] }, scene.signal)).toMatchObject({
        exitCode: 0,
        stdout: '3\n',
      });
      await ask('DROP TABLE orders');
      await place.remove();
      expect(await sql(sums)).toBe(before);
    });
    // What is mounted into it is read through it.
    expect(traces).toEqual({ ...noTraces, actions: ['archive-path'] });
  });
});
