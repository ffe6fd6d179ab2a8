import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Restorable } from '../../src/backups/source-kind.ts';
import { mysql } from '../../src/backups/sources/mysql/mysql.ts';
import { postgres } from '../../src/backups/sources/postgres/postgres.ts';
import { redis } from '../../src/backups/sources/redis/redis.ts';
import { drillLabel } from '../../src/domain/drill-things.ts';
import type { Clients } from '../../src/domain/clients.ts';
import { confirmKubernetes } from '../../src/kubernetes/confirm.ts';
import { resolveKubernetes } from '../../src/kubernetes/resolve.ts';
import { type ClusterDatabases, clusterDatabases } from '../harness/cluster-databases.ts';
import { service } from '../harness/kube-objects.ts';

let scene: ClusterDatabases;
beforeAll(async () => {
  scene = await clusterDatabases('drills');
});
afterAll(() => scene.remove());

const ofDrills = async () => ({
  pods: await scene.cluster.list('pods', scene.namespace, drillLabel),
  policies: await scene.cluster.list('networkpolicies.networking.k8s.io', scene.namespace, drillLabel),
});
const nothing = { pods: [], policies: [] };
const env = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables).map(([name, value]) => ({ name, value }));

describe('a drill of a PostgreSQL in a pod', () => {
  let params: object;
  const pod = 'orders-db-0';
  const psql = ['psql', '--username=app', '--dbname=orders', '--quiet', '--no-align', '--tuples-only'] as const;
  const sums = "SELECT md5(string_agg(id || what, ',' ORDER BY id)) FROM orders";
  beforeAll(async () => {
    await scene.cluster.apply(service({ namespace: scene.namespace, name: 'orders-db' }));
    const workload = await scene.server('postgres', 'orders-db', {
      container: { env: env({ POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'app', POSTGRES_DB: 'orders' }) },
    });
    params = { workload, database: 'orders', user: 'app' };
    const fill = `
      CREATE ROLE clerk;
      CREATE TABLE orders (id int PRIMARY KEY, what text);
      ALTER TABLE orders OWNER TO clerk;
      INSERT INTO orders SELECT n, md5(n::text) FROM generate_series(1, 1000) n;`;
    await scene.said(pod, psql, fill);
    expect(await scene.backup(postgres, params)).toMatchObject({ result: 'verified' });
  });

  it('brings it back to a pod of its own, asks it there, and leaves nothing', async () => {
    const before = await scene.said(pod, psql, sums);
    const content = await scene.content(postgres);
    const place = await scene.scratch(postgres, params);
    const { pods, policies } = await ofDrills();
    expect([pods, policies].map((all) => all.map(({ metadata }) => metadata.labels?.[drillLabel]))).toEqual([
      ['d_1'],
      ['d_1'],
    ]);
    expect(await place.fill(content, scene.signal)).toMatchObject({ ok: true });
    expect(await place.look(scene.signal)).toEqual({
      shape: { bytes: expect.any(Number) as number, counts: { tables: 1, rows: 1000 } },
    });
    expect(await place.run({ query: sums }, scene.signal)).toMatchObject({ exitCode: 0, stdout: before });
    // It is a place of its own, and nobody there.
    await place.run({ query: 'DROP TABLE orders' }, scene.signal);
    expect(await scene.said(pod, psql, sums)).toBe(before);
    const token = ['ls', '/var/run/secrets/kubernetes.io'] as const;
    expect((await place.run({ command: token }, scene.signal)).exitCode).toBe(2);
    await place.remove();
    await place.remove();
    expect(await ofDrills()).toEqual(nothing);
    const writes = await scene.cluster.auditedWrites({ namespace: scene.namespace });
    const kept = writes.filter(({ resource }) => resource !== 'pods/exec');
    expect(kept.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
      'create networkpolicies.networking.k8s.io',
      'create pods',
      'delete pods',
      'delete networkpolicies.networking.k8s.io',
    ]);
    expect(kept.every(({ name }) => name.startsWith('paramedic-drill-'))).toBe(true);
  });

  it('is no victim, and behind no Service, while it is there', async () => {
    await scene.scratch(postgres, params, 'd_2');
    const [drill] = (await ofDrills()).pods;
    const labels = { namespace: scene.namespace, pod: drill?.metadata.name ?? '', alertname: 'KubePodNotReady' };
    const platforms = { docker: [], kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] };
    const candidate = resolveKubernetes('pod')(labels, platforms);
    if (candidate === undefined || 'ok' in candidate) throw new Error('it was not resolved');
    expect(await confirmKubernetes(candidate, scene.clients)).toEqual({
      ok: false,
      reason: expect.stringMatching(/is never acted on: it is part of Paramedic$/) as string,
    });
    const slices = await scene.cluster.list('endpointslices.discovery.k8s.io', scene.namespace);
    const behind = slices.flatMap(({ endpoints }) => endpoints ?? []).map(({ targetRef }) => targetRef?.name);
    expect(behind).toEqual([pod]);
  });

  it('takes away what one that died has left, of the same drill, and nothing of another one', async () => {
    await scene.scratch(postgres, params, 'd_3');
    const place = await scene.scratch(postgres, params, 'd_3');
    const of = async (drill: string) =>
      Object.values(await ofDrills()).map(
        (all) => all.filter(({ metadata }) => metadata.labels?.[drillLabel] === drill).length,
      );
    expect([await of('d_2'), await of('d_3')]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await place.remove();
    expect(await of('d_3')).toEqual([0, 0]);
  });

  it('is not made in a namespace that is protected', async () => {
    const client = scene.clients.kubernetes.get('prod');
    if (client === undefined) throw new Error('there is no such cluster');
    const closed = { ...client, protectedNamespaces: [scene.namespace] };
    const clients: Clients = { docker: new Map(), kubernetes: new Map([['prod', closed]]) };
    const options = { folder: '/', drill: 'd_4', timeoutMs: 60_000 };
    await expect(postgres.scratch?.(params, clients, options, scene.signal)).rejects.toThrow(
      /^nothing was touched: the namespace \S+ is protected in the configuration of cluster prod$/,
    );
  });
});

it('a drill of a MariaDB in a pod has the files that are mounted there, and its variables out of a Secret', async () => {
  const { namespace } = scene;
  await scene.cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'client' },
    stringData: { 'client.cnf': '[client]\npassword=secret\n', password: 'secret' },
  });
  const defaults_file = '/run/client/client.cnf';
  const password = { secretKeyRef: { name: 'client', key: 'password' } };
  const workload = await scene.server('mariadb', 'shop-db', {
    container: {
      env: [{ name: 'MYSQL_ROOT_PASSWORD', valueFrom: password }, ...env({ MYSQL_DATABASE: 'orders' })],
      volumeMounts: [{ name: 'client', mountPath: '/run/client' }],
    },
    pod: { volumes: [{ name: 'client', secret: { secretName: 'client' } }] },
  });
  const params = { workload, database: 'orders', defaults_file };
  const client = ['mysql', `--defaults-extra-file=${defaults_file}`, '--user=root', 'orders'] as const;
  await scene.said('shop-db-0', client, 'CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2);');
  expect(await scene.backup(mysql, params)).toMatchObject({ result: 'verified' });
  const place = await scene.scratch(mysql, params, 'd_5');
  expect(await place.fill(await scene.content(mysql), scene.signal)).toMatchObject({ ok: true });
  expect(await place.run({ query: 'SELECT sum(id) FROM orders' }, scene.signal)).toMatchObject({ stdout: '3\n' });
  await place.remove();
});

describe('a drill of a server whose variables and files name another one speaks with its own alone', () => {
  /** Known in the pod of the source, as its own address; to a pod of a drill nobody would be at that name. */
  const elsewhere = 'db.internal';
  const pod = { hostAliases: [{ ip: '127.0.0.1', hostnames: [elsewhere] }] };

  it('for PostgreSQL', async () => {
    const workload = await scene.server('postgres', 'led', {
      container: { env: env({ POSTGRES_PASSWORD: 'secret', PGHOST: elsewhere }) },
      pod,
    });
    const params = { workload, database: 'orders', host: '/run/postgresql' };
    const psql = ['psql', '--host=/run/postgresql', '--username=postgres'] as const;
    await scene.said('led-0', psql, 'CREATE DATABASE orders');
    await scene.said('led-0', [...psql, 'orders'], 'CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2);');
    expect(await scene.backup(postgres, params)).toMatchObject({ result: 'verified' });
    const place = await scene.scratch(postgres, params, 'd_8');
    expect(await place.fill(await scene.content(postgres), scene.signal)).toMatchObject({ ok: true });
    expect(await place.look(scene.signal)).toMatchObject({ shape: { counts: { tables: 1, rows: 2 } } });
    const query = 'SELECT sum(id) FROM orders';
    expect(await place.run({ query }, scene.signal)).toMatchObject({ stdout: '3\n' });
    const command = ['psql', '--username=postgres', '--tuples-only', `--command=${query}`, 'orders'] as const;
    expect(await place.run({ command }, scene.signal)).toMatchObject({ exitCode: 0, stdout: '   3\n\n' });
    const names = ['cat', '/etc/resolv.conf'] as const;
    expect((await place.run({ command: names }, scene.signal)).stdout.trim()).toBe('nameserver 127.0.0.1');
    await place.remove();
  });

  it('for MariaDB', async () => {
    const { namespace } = scene;
    await scene.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name: 'led' },
      stringData: { 'client.cnf': `[client]\npassword=secret\nhost=${elsewhere}\n` },
    });
    const defaults_file = '/run/client/client.cnf';
    const workload = await scene.server('mariadb', 'shop-led', {
      container: {
        env: env({ MYSQL_ROOT_PASSWORD: 'secret', MYSQL_DATABASE: 'orders' }),
        volumeMounts: [{ name: 'client', mountPath: '/run/client' }],
      },
      pod: { ...pod, volumes: [{ name: 'client', secret: { secretName: 'led' } }] },
    });
    const params = { workload, database: 'orders', defaults_file };
    const client = ['mysql', `--defaults-extra-file=${defaults_file}`, '--user=root', 'orders'] as const;
    await scene.said('shop-led-0', client, 'CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2);');
    expect(await scene.backup(mysql, params)).toMatchObject({ result: 'verified' });
    const place = await scene.scratch(mysql, params, 'd_9');
    expect(await place.fill(await scene.content(mysql), scene.signal)).toMatchObject({ ok: true });
    expect(await place.run({ query: 'SELECT sum(id) FROM orders' }, scene.signal)).toMatchObject({ stdout: '3\n' });
    await place.remove();
  });
});

describe('a drill of a Redis in a pod', () => {
  let params: object;
  beforeAll(async () => {
    params = { workload: await scene.server('redis', 'cache') };
    await scene.said('cache-0', ['redis-cli'], 'SET a 1\nSELECT 2\nSET b 2\n');
    expect(await scene.backup(redis, params)).toMatchObject({ result: 'verified' });
  });

  it('serves what was backed up, and tells of it', async () => {
    const place = await scene.scratch(redis, params, 'd_6');
    expect(await place.fill(await scene.content(redis), scene.signal)).toMatchObject({ ok: true });
    expect(await place.look(scene.signal)).toMatchObject({ shape: { counts: { keys: 2 } } });
    expect(await place.run({ query: 'GET a' }, scene.signal)).toMatchObject({ exitCode: 0, stdout: '1\n' });
    await place.remove();
  });

  it('fails by what its server says when that can not load it', async () => {
    const place = await scene.scratch(redis, params, 'd_7');
    const noRdb = async (): Promise<Restorable> => ({
      ...(await scene.content(redis)),
      read: async () => Readable.from([Buffer.from('no RDB')]),
    });
    await expect(place.fill(await noRdb(), scene.signal)).rejects.toThrow(
      /^pod \S+ ended with exit code 1 before its server answered: \S.*0 keys read/,
    );
    expect((await ofDrills()).pods.map(({ metadata }) => metadata.labels?.[drillLabel])).not.toContain('d_7');
  });
});
