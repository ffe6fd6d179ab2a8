import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPaths, type Restorable, type SourceKind } from '../../src/backups/source-kind.ts';
import { mysql } from '../../src/backups/sources/mysql/mysql.ts';
import { postgres } from '../../src/backups/sources/postgres/postgres.ts';
import { redis } from '../../src/backups/sources/redis/redis.ts';
import { type ClusterDatabases, clusterDatabases } from '../harness/cluster-databases.ts';
import { startKubeProxy } from '../harness/kube-proxy.ts';
import { inPieces } from '../harness/restic-scene.ts';

let scene: ClusterDatabases;
beforeAll(async () => {
  scene = await clusterDatabases('databases');
});
afterAll(() => scene.remove());

const restore = (kind: SourceKind, content: Restorable, params: object) =>
  kind.restore?.(content, params, scene.clients, scene.signal);
/** All that Paramedic has written there. */
const writes = async (): Promise<readonly string[]> => [
  ...new Set(
    (await scene.cluster.auditedWrites({ namespace: scene.namespace })).map(
      ({ verb, resource }) => `${verb} ${resource}`,
    ),
  ),
];
/** The same, but once a megabyte of its dump was read no more of it is until `act` was done. */
const heldUp = (kind: SourceKind, act: () => Promise<unknown>): SourceKind => ({
  ...kind,
  async open(...asked) {
    const produced = await kind.open(...asked);
    if (isPaths(produced)) throw new Error('it is no file');
    const { stream } = produced;
    async function* held() {
      let bytes = 0;
      let isActed = false;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        yield chunk;
        bytes += chunk.byteLength;
        if (isActed || bytes < 1_000_000) continue;
        isActed = true;
        await act();
      }
    }
    return { ...produced, stream: Readable.from(held(), { objectMode: false }) };
  },
});

describe('a database of PostgreSQL in a pod', () => {
  let params: object;
  const pod = 'orders-db-0';
  const pgDump = '/usr/lib/postgresql/15/bin/pg_dump';
  const sql = (text: string): Promise<string> =>
    scene.said(
      pod,
      ['psql', '--username=app', '--dbname=orders', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'],
      text,
    );
  const sums = "SELECT md5(string_agg(id || what, ',' ORDER BY id)) FROM orders; SELECT count(*) FROM people;";
  async function start(): Promise<void> {
    const env = Object.entries({ POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'app', POSTGRES_DB: 'orders' });
    const container = { env: env.map(([name, value]) => ({ name, value })) };
    const workload = await scene.server('postgres', 'orders-db', { container });
    params = { workload, database: 'orders', user: 'app' };
    await sql(`
      CREATE TABLE orders (id int PRIMARY KEY, what text);
      INSERT INTO orders SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, 100000) n;
      CREATE TABLE people (name text);
      INSERT INTO people VALUES ('Ada'), ('Grace');
    `);
  }
  beforeAll(start);

  it('that was lost is as it was, and nothing else than programs in its pod was asked of the cluster', async () => {
    const before = await sql(sums);
    const taken = await scene.backup(postgres, params);
    expect(taken, taken.reason).toMatchObject({
      result: 'verified',
      point: { params, shape: { counts: { tables: 2, rows: 100_002 } } },
    });
    await sql('DROP TABLE orders; TRUNCATE people;');
    expect(await restore(postgres, await scene.content(postgres), params)).toEqual({
      ok: true,
      reason: `psql in pod ${scene.namespace}/${pod} has taken all of it`,
    });
    expect(await sql(sums)).toBe(before);
    expect((await writes()).filter((one) => !one.endsWith(' pods/exec'))).toEqual([]);
  });

  it('stays as it is when what is brought back breaks off, wherever that is', async () => {
    const content = await scene.content(postgres);
    const bytes = await buffer(await content.read());
    await sql("UPDATE orders SET what = 'newer' WHERE id < 1000; DELETE FROM people;");
    const before = await sql(sums);
    const end = bytes.indexOf('-- PostgreSQL database dump complete');
    for (const at of [10_000, end - 10, bytes.byteLength]) {
      const broken = { ...content, read: async () => inPieces(bytes, at) };
      await expect(restore(postgres, broken, params), `after ${at} bytes`).rejects.toThrow(/the connection was reset/);
      expect(await sql(sums), `after ${at} bytes`).toBe(before);
    }
  });

  it('stays as it is when a statement fails, which is told while most of the dump is still on its way', async () => {
    await sql('CREATE VIEW newest AS SELECT * FROM orders;');
    const before = await sql(sums);
    expect(await restore(postgres, await scene.content(postgres), params)).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /^psql in pod \S+ ended with exit code 3: .*cannot drop table (public\.)?orders/s,
      ) as string,
    });
    expect(await sql(sums)).toBe(before);
    await sql('DROP VIEW newest;');
  });

  it('is not brought back by a connection that breaks in the middle', async () => {
    const before = await sql(sums);
    const proxy = await startKubeProxy(scene.kubeconfig);
    const by = await scene.clientsBy(proxy.kubeconfig);
    const content = await scene.content(postgres);
    async function* cut() {
      let bytes = 0;
      for await (const chunk of (await content.read()) as AsyncIterable<Buffer>) {
        yield chunk;
        bytes += chunk.byteLength;
        if (bytes > 10_000_000 && proxy.requests.length > 0) await (await proxy.outage())();
      }
    }
    const broken = { ...content, read: async () => Readable.from(cut(), { objectMode: false }) };
    await expect(postgres.restore?.(broken, params, by, scene.signal)).rejects.toThrow(/broke off/);
    expect(await sql(sums)).toBe(before);
    await proxy.close();
  });

  it.each(['connection breaks', 'pod is deleted'])('is no recovery point when its %s in the middle', async (what) => {
    const count = (await scene.repository.snapshots({ signal: scene.signal })).length;
    const proxy = await startKubeProxy(scene.kubeconfig);
    const by = await scene.clientsBy(proxy.kubeconfig);
    const uid = (await scene.cluster.get('pods', { namespace: scene.namespace, name: pod }))?.metadata.uid;
    const act = async (): Promise<void> => {
      if (what !== 'pod is deleted') return (await proxy.outage())();
      await scene.cluster.remove('pods', { namespace: scene.namespace, name: pod });
      await scene.cluster.waitFor('the pod to be another one', async () => {
        const now = await scene.cluster.get('pods', { namespace: scene.namespace, name: pod });
        return now !== undefined && now.metadata.uid !== uid;
      });
    };
    // What is on its way fits into the buffers of all those who pass it on: the rest is to be read by then.
    const slow = `#!/bin/sh\n${pgDump}.real "$@" | { head -c 2000000; sleep 60; cat; }\n`;
    await scene.said(pod, ['sh', '-c', `mv ${pgDump} ${pgDump}.real; cat >${pgDump}; chmod 755 ${pgDump}`], slow);
    expect(await scene.backup(heldUp(postgres, act), params, by)).toMatchObject({ result: 'failed' });
    expect(await scene.repository.snapshots({ signal: scene.signal })).toHaveLength(count);
    await proxy.close();
    if (what === 'pod is deleted') await start();
    else await scene.said(pod, ['mv', `${pgDump}.real`, pgDump]);
    expect(await scene.backup(postgres, params)).toMatchObject({ result: 'verified' });
  });

  it('is told what right is missing', async () => {
    const { kubeconfig } = await scene.cluster.serviceAccount(scene.namespace, [
      { apiGroups: ['', 'apps'], resources: ['pods', 'statefulsets'], verbs: ['get', 'list'] },
    ]);
    expect(await scene.backup(postgres, params, await scene.clientsBy(kubeconfig))).toEqual({
      result: 'failed',
      reason: expect.stringMatching(
        /^kubernetes prod may not (create|get) pods\/exec in namespace \S+: its role lacks \{.*pods\/exec.*\}$/,
      ) as string,
    });
  });
});

it('a database of MariaDB in a pod that was lost is as it was', async () => {
  const client = '[client]\npassword=secret\n';
  await scene.cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: scene.namespace, name: 'client' },
    data: { 'client.cnf': client },
  });
  const defaults_file = '/run/client/client.cnf';
  const workload = await scene.server('mariadb', 'shop-db', {
    container: {
      env: [
        { name: 'MYSQL_ROOT_PASSWORD', value: 'secret' },
        { name: 'MYSQL_DATABASE', value: 'orders' },
      ],
      volumeMounts: [{ name: 'client', mountPath: '/run/client' }],
    },
    pod: { volumes: [{ name: 'client', configMap: { name: 'client' } }] },
  });
  const params = { workload, database: 'orders', defaults_file };
  const sql = (text: string): Promise<string> =>
    scene.said('shop-db-0', ['mysql', `--defaults-extra-file=${defaults_file}`, '--user=root', 'orders'], text);
  await sql("CREATE TABLE orders (id int PRIMARY KEY, what text); INSERT INTO orders VALUES (1, 'a'), (2, 'ü');");
  const sums = 'CHECKSUM TABLE orders; SELECT * FROM orders;';
  const before = await sql(sums);
  expect(await scene.backup(mysql, params)).toMatchObject({ result: 'verified' });
  await sql('DROP TABLE orders;');
  expect(await restore(mysql, await scene.content(mysql), params)).toMatchObject({ ok: true });
  expect(await sql(sums)).toBe(before);
});

it('the keys of a Redis in a pod are a recovery point, and are not put back while it runs', async () => {
  const workload = await scene.server('redis', 'cache', { as: 'deployment' });
  const params = { workload };
  const [pod] = await scene.cluster.list('pods', scene.namespace, 'app=cache');
  const cli = (input: string): Promise<string> => scene.said(pod?.metadata.name ?? '', ['redis-cli'], `${input}\n`);
  await cli('SET a 1\nSET b 2\nSELECT 2\nSET c 3');
  expect(await scene.backup(redis, params)).toMatchObject({
    result: 'verified',
    point: { shape: { counts: { keys: 3 } } },
  });
  await cli('FLUSHALL\nSET newer 1');
  expect(await restore(redis, await scene.content(redis), params)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(
      /^a Redis in a pod takes nothing back while it runs: .*nothing was touched$/,
    ) as string,
  });
  expect(await cli('GET newer')).toBe('1\n');
});

it('a Redis in a pod that is a node of a cluster has a part of the keys, and is no recovery point', async () => {
  const args = ['redis-server', '--protected-mode', 'no', '--cluster-enabled', 'yes'];
  const workload = await scene.server('redis', 'ring', { container: { args } });
  expect(await scene.backup(redis, { workload })).toEqual({
    result: 'failed',
    reason: expect.stringMatching(/^the Redis in pod \S+\/ring-0 is a node of a cluster: .*here$/) as string,
  });
});
