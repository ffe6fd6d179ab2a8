import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alike } from '../../src/backups/container-like.ts';
import { rdbServer } from '../../src/backups/sources/redis/rdb-server.ts';
import { ourAddress } from '../../src/backups/sources/redis/replication.ts';
import { redis } from '../../src/backups/sources/redis/redis.ts';
import { selfSigned } from '../fakes/self-signed.ts';
import { type Content, contentOf, type DatabaseScene, databaseScene, noTraces } from '../harness/database-scene.ts';
import { databaseImage } from '../harness/database-images.ts';
import type { TestContainer } from '../harness/containers.ts';

let scene: DatabaseScene;
beforeEach(async () => {
  scene = await databaseScene();
});
afterEach(() => scene.remove());

const cli = (db: TestContainer, input: string): Promise<string> => scene.said(db, ['redis-cli'], `${input}\n`);
/** A digest of all that it holds, by Redis' own order-free sum. */
const digest = (db: TestContainer): Promise<string> => cli(db, 'DEBUG DIGEST');
const paramsOf = (db: TestContainer) => ({ container: scene.key(db) });
const debug = ['--enable-debug-command', 'yes'];
async function filled(...argv: readonly string[]): Promise<TestContainer> {
  const db = await scene.server('redis', 'db', { argv: [...debug, ...argv] });
  await cli(
    db,
    'DEBUG POPULATE 20000 key 60\nSET lasting 1\nHSET hash a 1 b 2\nSELECT 2\nSET elsewhere "a b"\nSET soon x EX 10000',
  );
  return db;
}

/** The same, with something done before each time that it is read. */
const onRead = (content: Content, act: () => Promise<unknown>): Content => ({
  ...content,
  read: async () => {
    await act();
    return content.read();
  },
});

describe('what a Redis holds', () => {
  it.each([[[]], [['--appendonly', 'yes']], [['--requirepass', 'secret', '--masterauth', 'a "word" of them']]])(
    'that was lost is as it was, while it runs on, with the settings %j',
    async (argv) => {
      const db = await scene.server('redis', 'db', {
        argv: [...debug, ...argv],
        env: argv.includes('--requirepass') ? { REDISCLI_AUTH: 'secret' } : {},
      });
      await cli(db, 'DEBUG POPULATE 20000 key 60\nSET lasting 1\nSELECT 2\nSET elsewhere "a b"\nSET soon x EX 10000');
      const [before, content] = [await digest(db), await scene.backup(redis, paramsOf(db))];
      expect(content.shape.counts).toEqual({ keys: 20_002 });
      await cli(db, 'FLUSHALL\nSET newer 1');
      const traces = await scene.traces(db, async () => {
        expect(await redis.restore?.(content, paramsOf(db), scene.clients, scene.signal)).toEqual({
          ok: true,
          reason: `the Redis in ${db.name} has its 20003 keys`,
        });
        expect(await digest(db)).toBe(before);
        expect(await cli(db, 'ROLE')).toMatch(/^master\n/);
        expect(await cli(db, 'SET after 1')).toBe('OK\n');
      });
      expect(traces).toEqual(noTraces);
      if (!argv.includes('--appendonly')) return;
      await cli(db, 'DEL after');
      await scene.containers.docker.getContainer(db.id).restart();
      await expect.poll(() => digest(db).catch(() => ''), { timeout: 20_000 }).toBe(before);
    },
  );

  it('stays as it is when what is brought back is damaged or breaks off', async () => {
    const db = await filled();
    const content = await scene.backup(redis, paramsOf(db));
    const [before, things] = [await digest(db), await scene.things()];
    const damaged = Buffer.from(content.bytes);
    damaged[5_000] = (damaged[5_000] ?? 0) ^ 1;
    const { shape } = content;
    for (const [one, why] of [
      [content.brokenAt(100_000), /the connection was reset/],
      [contentOf(damaged, shape, 'dump.rdb'), /ended with exit code [1-9][0-9]* before its server answered/],
    ] as const) {
      await expect(redis.restore?.(one, paramsOf(db), scene.clients, scene.signal)).rejects.toThrow(why);
      expect([await digest(db), await scene.things()]).toEqual([before, things]);
      expect(await cli(db, 'ROLE')).toMatch(/^master\n/);
    }
  });

  it('is not touched when the restore is ended, and it takes writes again; nobody else breaks one that goes on', async () => {
    const db = await filled('--masterauth', 'right');
    // Nobody of that name is known where it is to follow: it tries again for as long as nobody ends that.
    const content = onRead(await scene.backup(redis, paramsOf(db)), () => cli(db, 'CONFIG SET masteruser nobody'));
    const things = await scene.things();
    const over = new AbortController();
    const restoring = redis.restore?.(content, paramsOf(db), scene.clients, over.signal);
    await expect.poll(() => cli(db, 'ROLE'), { timeout: 30_000, interval: 10 }).toMatch(`slave\n${ourAddress}\n`);
    await expect(redis.mend?.(paramsOf(db), scene.clients, scene.signal)).rejects.toThrow(
      `a restore of the Redis in ${db.name} goes on`,
    );
    expect(await redis.fits?.(async () => '', paramsOf(db), scene.clients, scene.signal)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/ is being brought back by another restore: /),
    });
    expect(await cli(db, 'ROLE')).toMatch(`slave\n${ourAddress}\n`);
    over.abort(new Error('enough'));
    await expect(restoring).rejects.toThrow();
    expect(await cli(db, 'ROLE')).toMatch(/^master\n/);
    expect(await scene.things()).toEqual(things);
  });

  it('is not brought back to one that replicates by TLS, also when that is new', async () => {
    const db = await filled();
    const { cert, key } = selfSigned();
    await scene.said(db, ['sh', '-c', 'cat >/tmp/cert.pem'], cert);
    await scene.said(db, ['sh', '-c', 'cat >/tmp/key.pem'], key);
    const files = 'tls-cert-file /tmp/cert.pem tls-key-file /tmp/key.pem tls-ca-cert-file /tmp/cert.pem';
    const content = onRead(await scene.backup(redis, paramsOf(db)), async () =>
      expect(await cli(db, `CONFIG SET ${files} tls-replication yes`)).toBe('OK\n'),
    );
    const [before, things] = [await digest(db), await scene.things()];
    // The first one finds it out right before the first write, the second at once.
    for (let round = 0; round < 2; round += 1) {
      expect(await redis.restore?.(content, paramsOf(db), scene.clients, scene.signal)).toEqual({
        ok: false,
        reason: `the Redis in ${db.name} replicates by TLS, and would have to follow one that speaks none; nothing was touched: CONFIG SET tls-replication no, and set it to yes again after`,
      });
      expect([await digest(db), await scene.things()]).toEqual([before, things]);
    }
  });

  it('is no recovery point when it is a node of a cluster, which has a part of the keys', async () => {
    const db = await scene.server('redis', 'db', { argv: ['--cluster-enabled', 'yes'] });
    await expect(scene.backup(redis, paramsOf(db))).rejects.toThrow(
      /^the Redis in \S+ is a node of a cluster: it holds the keys of its slots only, .*can not be backed up here$/,
    );
  });

  it('is refused where its server is too old for it', async () => {
    const db = await scene.server('redis', 'db');
    const content = await scene.backup(redis, paramsOf(db));
    const fits = (head: string) => redis.fits?.(async () => head, paramsOf(db), scene.clients, scene.signal);
    expect(await fits(content.bytes.toString('utf8', 0, 64))).toMatchObject({ ok: true });
    expect(await fits('REDIS0099')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(
        /^the RDB is of version 99, and the server in \S+ has Redis \d+\.\d+\.\d+, which loads up to \d+: nothing was touched; /,
      ),
    });
  });

  it('is not brought back to a replica', async () => {
    const db = await filled();
    const content = await scene.backup(redis, paramsOf(db));
    await cli(db, 'REPLICAOF 127.0.0.1 9999');
    expect(await redis.mend?.(paramsOf(db), scene.clients, scene.signal)).toBeUndefined();
    expect(await redis.restore?.(content, paramsOf(db), scene.clients, scene.signal)).toEqual({
      ok: false,
      reason: `the Redis in ${db.name} is a replica of 127.0.0.1:9999: restore that one; nothing was touched`,
    });
    expect(await cli(db, 'ROLE')).toMatch(/^slave\n127\.0\.0\.1\n/);
  });

  it('takes writes again that a restore which died has left following ours, and can be brought back', async () => {
    const db = await filled();
    const content = await scene.backup(redis, paramsOf(db));
    const before = await digest(db);
    // What it is to follow outlives who has made it, and is asked by nobody.
    const [drill, network] = [`restore-${db.id.slice(0, 12)}`, `container:${db.id}`];
    const like = alike((await scene.docker.describe(db.id)) ?? {});
    const left = await rdbServer(scene.docker, like, { drill, network, address: ourAddress, port: 9999 }, scene.signal);
    await left.serve(content, scene.signal);
    await cli(db, `REPLICAOF ${ourAddress} 9999`);
    await expect.poll(() => cli(db, 'INFO replication'), { timeout: 30_000 }).toContain('master_link_status:up');
    expect(await redis.mend?.(paramsOf(db), scene.clients, scene.signal)).toBe(
      `a restore that died had left the Redis in ${db.name} following its own, so that it took no writes: it follows nobody again`,
    );
    expect(await cli(db, 'ROLE')).toMatch(/^master\n/);
    expect(await digest(db)).toBe(before);
    expect(await scene.things()).not.toContain(`/${left.container.name}`);
    expect(await redis.mend?.(paramsOf(db), scene.clients, scene.signal)).toBeUndefined();

    // That its container is gone makes no difference.
    await cli(db, `REPLICAOF ${ourAddress} 9999`);
    expect(await redis.restore?.(content, paramsOf(db), scene.clients, scene.signal)).toMatchObject({ ok: true });
    expect(await digest(db)).toBe(before);
  });

  it('is not brought back to one that has replicas, or that Sentinel watches', async () => {
    const db = await filled();
    const content = await scene.backup(redis, paramsOf(db));
    const [before, network] = [await digest(db), `container:${db.id}`];
    const restored = () => redis.restore?.(content, paramsOf(db), scene.clients, scene.signal);
    const argv = ['--port', '6380', '--replicaof', '127.0.0.1', '6379'];
    const replica = await scene.server('redis', 'replica', { network, argv });
    await expect.poll(() => cli(db, 'INFO replication'), { timeout: 30_000 }).toContain('connected_slaves:1');
    expect(await restored()).toMatchObject({ ok: false, reason: expect.stringMatching(/ has 1 connected replica, /) });
    await scene.containers.docker.getContainer(replica.id).remove({ force: true });
    await expect.poll(() => cli(db, 'INFO replication'), { timeout: 30_000 }).toContain('connected_slaves:0');

    const watch = `printf 'port 26379\\nsentinel monitor main 127.0.0.1 6379 1\\n' >/tmp/sentinel.conf; exec redis-server /tmp/sentinel.conf --sentinel`;
    const Image = await databaseImage(scene.containers.docker, 'redis');
    await scene.containers.run('sentinel', ['sh', '-c', watch], {
      create: { Image, HostConfig: { NetworkMode: network } },
    });
    await expect.poll(() => cli(db, 'PUBSUB NUMSUB __sentinel__:hello'), { timeout: 30_000 }).toMatch(/\n1\n$/);
    expect(await restored()).toMatchObject({ ok: false, reason: expect.stringMatching(/ is watched by Sentinel, /) });
    expect(await digest(db)).toBe(before);
    expect(await cli(db, 'ROLE')).toMatch(/^master\n/);
  });

  it('is not served at a port that another one has, which is said', async () => {
    const db = await filled();
    const content = await scene.backup(redis, paramsOf(db));
    // In its network nothing is free: the second one can not have the port.
    const like = alike((await scene.docker.describe(db.id)) ?? {});
    const options = { drill: 'd_1', network: `container:${db.id}`, port: 6379 };
    const server = await rdbServer(scene.docker, like, options, scene.signal);
    await expect(server.serve(content, scene.signal)).rejects.toThrow(/before its server answered: .*in use/s);
  });

  it('is not brought back to a node of a cluster', async () => {
    const node = await scene.server('redis', 'node', { argv: ['--cluster-enabled', 'yes'] });
    const content = contentOf(Buffer.from('never read'), { bytes: 10, counts: {} }, 'dump.rdb');
    expect(await redis.restore?.(content, paramsOf(node), scene.clients, scene.signal)).toEqual({
      ok: false,
      reason: `the Redis in ${node.name} is a node of a cluster, which holds a part of the keys: nothing was touched`,
    });
  });

  it('is brought back to a place of its own, asked there, and nothing is left of that', async () => {
    const db = await filled();
    const content = await scene.backup(redis, paramsOf(db));
    const before = await digest(db);
    const traces = await scene.traces(db, async () => {
      const place = await scene.scratch(redis, paramsOf(db));
      expect(await place.fill(content, scene.signal)).toMatchObject({ ok: true });
      expect(await place.look(scene.signal)).toEqual({ shape: { ...content.shape, bytes: expect.any(Number) } });
      const ask = (query: string) => place.run({ query }, scene.signal);
      expect(await ask('DBSIZE')).toMatchObject({ exitCode: 0, stdout: '20002\n' });
      expect(await ask('GET "lasting"')).toMatchObject({ exitCode: 0, stdout: '1\n' });
      expect((await ask('INCR hash')).exitCode).not.toBe(0);
      expect(await place.run({ command: ['redis-cli', 'ping'] }, scene.signal)).toMatchObject({
        exitCode: 0,
        stdout: 'PONG\n',
      });
      await ask('FLUSHALL');
      await place.remove();
      expect(await digest(db)).toBe(before);
    });
    expect(traces).toEqual(noTraces);
  });
});
