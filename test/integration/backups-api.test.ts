import supertest from 'supertest';
import { expect, test } from 'vitest';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import type { BackupsDeps } from '../../src/http/backups-api.ts';
import { createApp } from '../../src/http/server.ts';
import { testDeps } from './webhook-deps.ts';

const run: BackupRun = {
  id: 'b_0123456789abcdef',
  work: 'backup',
  source: 'orders',
  repository: 'main',
  trigger: { by: 'hand', who: 'ops' },
  state: 'reading',
  openedAt: 1_764_000_000_000,
  bytes: 4_096,
};

function served(backups: Partial<BackupsDeps> = {}) {
  const begun: unknown[] = [];
  const { deps } = testDeps({
    backups: {
      sources: async () => [],
      snapshots: async () => 'the disk is not there',
      plan: async (source, wish) => ({ source, title: JSON.stringify(wish), snapshot: 'ab', at: 1 }),
      repositories: async () => [],
      run: async (id) => (id === run.id ? run : undefined),
      cancel: async (id, by) => (id === run.id ? yes(`${by} cancelled ${id}`) : no(`there is no ${id}`)),
      begin: async (...asked) => {
        begun.push(asked);
        return { ...yes('the backup of orders is begun'), run: run.id };
      },
      ...backups,
    },
  });
  const app = supertest(createApp(deps));
  const ask = (method: 'get' | 'post', path = '') =>
    app[method](`/api/v1/backups${path}`).auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin');
  return { app, ask, begun };
}

test('a backup is begun by whoever is logged in, and its record can be read', async () => {
  const { ask, begun } = served();
  await ask('post').send({ source: 'orders' }).expect(201, { done: 'the backup of orders is begun', run: run.id });
  await ask('post').send({ source: 'orders', anySize: true }).expect(201);
  await ask('post').send({ source: 'paramedic', takeOver: true }).expect(201);
  expect(begun).toEqual([
    [{ source: 'orders', work: 'backup' }, 'ops'],
    [{ source: 'orders', work: 'backup', anySize: true }, 'ops'],
    [{ source: 'paramedic', work: 'backup', takeOver: true }, 'ops'],
  ]);
  await ask('get', `/${run.id}`).expect(200, JSON.parse(JSON.stringify(run)));
});

test('sources and repositories are listed', async () => {
  const main = { name: 'main', works: [{ work: 'check', goodAt: 1_764_000_000_000 }] } as const;
  const { ask } = served({ repositories: async () => [main] });
  await ask('get').expect(200, { sources: [], repositories: [main] });
});

test('one that is refused says why', async () => {
  const { ask } = served({ begin: async () => ({ ...no('a backup of orders goes on already: b_1'), run: 'b_1' }) });
  await ask('post').send({ source: 'orders' }).expect(409, { error: 'a backup of orders goes on already: b_1' });
});

test('a drill or a restore is begun with what is wished for', async () => {
  const { ask, begun } = served();
  await ask('post').send({ source: 'orders', work: 'drill' }).expect(201);
  await ask('post').send({ source: 'orders', work: 'restore', snapshot: '1a2b', unverified: true }).expect(201);
  expect(begun).toEqual([
    [{ source: 'orders', work: 'drill' }, 'ops'],
    [{ source: 'orders', work: 'restore', wish: { snapshot: '1a2b', unverified: true } }, 'ops'],
  ]);
});

test('what a restore would do is told, and why it can not be told', async () => {
  const { ask } = served();
  const { body } = await ask('get', '/orders/restore?snapshot=1a2b&unverified=true').expect(200);
  expect(body).toEqual({ source: 'orders', title: '{"snapshot":"1a2b","unverified":true}', snapshot: 'ab', at: 1 });
  await ask('get', '/orders/restore?snapshot=latest').expect(400);
  await ask('get', '/orders/snapshots').expect(409, { error: 'the disk is not there' });
});

test.each([
  {},
  { source: '' },
  { source: 'orders', of: 'everything' },
  { source: 7 },
  { source: 'orders', work: 'drill', anySize: true },
  { source: 'orders', work: 'restore', snapshot: 'latest' },
  { source: 'orders', unverified: true },
])('%j is no question', async (body) => {
  const { ask, begun } = served();
  const { body: answer } = await ask('post').send(body).expect(400);
  expect(answer).toEqual({
    error: expect.stringMatching(/^Say which source: \{"source": "orders-db"\}, as application\/json; /),
  });
  expect(begun).toEqual([]);
});

test('one that nobody knows is not found', async () => {
  const { ask } = served();
  const { body } = await ask('get', '/b_unknown').expect(404);
  expect(body.error).toMatch(/^There is no such backup/);
});

test('nobody is told anything without a login, and no other page begins one', async () => {
  const { app, begun } = served();
  await app.get('/api/v1/backups').expect(401);
  await app.post('/api/v1/backups').send({ source: 'orders' }).expect(401);
  await app
    .post('/api/v1/backups')
    .auth('ops', 'pass:word')
    .set('Sec-Fetch-Site', 'cross-site')
    .send({ source: 'orders' })
    .expect(403);
  expect(begun).toEqual([]);
});

test('a run is cancelled by whoever is logged in, or it is said why not', async () => {
  const { ask } = served();
  await ask('post', `/${run.id}/cancel`).expect(200, { done: `ops cancelled ${run.id}` });
  await ask('post', '/b_2/cancel').expect(409, { error: 'there is no b_2' });
});
